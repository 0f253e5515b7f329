import PortHistory

/// Tells that an answer is empty because the history knows no namespace of the name asked for: without it a mistyped name
/// reads as all-clear.
struct NamespaceNote: Equatable {
    /// What is said.
    let text: String

    /// How many of the names known are told.
    private static let shown = 10

    /// What to say about a question; `nil` when it is about all namespaces or a known one.
    init?(_ view: HistoryView, namespace: String?) throws {
        guard let namespace else { return nil }
        let names = try view.namespaceNames()
        if names.contains(namespace) { return nil }
        var known = names.prefix(Self.shown).joined(separator: ", ")
        if names.count > Self.shown { known += " and \(names.count - Self.shown) more" }
        text = "this history knows no namespace '\(namespace)'; it knows: \(known)."
    }
}
