import PortReports

/// Who holds sockets, as tables and CSV say it.
struct OwnerCells {
    /// The processes.
    var owners: [OwnerDocument]
    /// How many more there are.
    var omitted = 0
    /// How they are known, as JSON says it.
    var attribution: String

    /// How many of one kind a cell names.
    private static let shown = 3

    /// Whether a unit or container is known.
    var hasPlace: Bool { owners.contains { $0.owner.place != nil } }

    /// The units or containers: `nginx.service`. Empty when none is known.
    var place: String {
        var places: [String] = []
        for place in owners.compactMap(\.owner.place) where !places.contains(place) { places.append(place) }
        return Self.summary(places, more: 0)
    }

    /// The programs: `nginx/1234`, with `(inherited)` behind it where that is not seen but concluded; empty when unknown.
    var program: String {
        let names = Self.summary(owners.names, more: omitted)
        switch attribution {
        case "observed", "unknown": return names
        default: return names.isEmpty ? "" : "\(names) (\(attribution))"
        }
    }

    /// Of many the first three, and how many more there are.
    static func summary(_ names: [String], separator: String = " ", more: Int) -> String {
        let rest = names.dropFirst(shown).count + more
        let text = names.prefix(shown).joined(separator: separator)
        return rest > 0 ? "\(text) and \(rest) more" : text
    }
}

extension OwnerDocument {
    /// `command/pid`.
    var name: String { "\(owner.command)/\(owner.pid)" }
}

extension [OwnerDocument] {
    /// `command/pid` of each, as CSV lists them.
    var names: [String] { map(\.name) }
}
