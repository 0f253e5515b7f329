import PortModel

/// The words in which `explain` and `doctor` speak of sockets and their programs. What a process chose itself is made harmless.
enum SocketWords {
    /// `nginx (pid 77, nginx.service)`, `an unknown program of user 33`, `an unknown program`.
    ///
    /// - Parameter tellsHow: whether it says so where the owner is not observed but concluded.
    static func program(_ holder: HolderDocument, tellsHow: Bool = true) -> String {
        guard let owner = holder.owners.first?.owner else {
            return holder.uid.map { "an unknown program of user \($0)" } ?? "an unknown program"
        }
        let others = holder.owners.count - 1
        var details = "pid \(owner.pid)" + (others > 0 ? " and \(others) more" : "")
        if let place = owner.place { details += ", \(TextEscape.escaped(place))" }
        let concluded = holder.attribution == .observed || !tellsHow ? "" : ", \(holder.attribution.name)"
        return "\(TextEscape.escaped(owner.command)) (\(details)\(concluded))"
    }

    /// All programs among some sockets, the most frequent first: `a (pid 1), b (pid 2) and 3 more programs`.
    static func programs(_ holders: some Sequence<HolderDocument>) -> String { list(names(holders)) }

    /// The same as the subject of a verb, which is there for one and for several: `a (pid 1) and b (pid 2) listen`.
    static func programs(_ holders: some Sequence<HolderDocument>, _ one: String, _ several: String) -> String {
        let names = names(holders)
        return "\(list(names)) \(names.count > 1 ? several : one)"
    }

    /// Names as a sentence has them: `a`, `a and b`, `a, b and 3 more programs`; `nobody`.
    static func list(_ names: [String]) -> String {
        guard let last = names.last else { return "nobody" }
        return names.count == 1 ? last : names.dropLast().joined(separator: ", ") + " and " + last
    }

    private static func names(_ holders: some Sequence<HolderDocument>, limit: Int = 3) -> [String] {
        var counts: [String: Int] = [:]
        for holder in holders { counts[program(holder, tellsHow: false), default: 0] += 1 }
        let names = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        let rest = names.count - limit
        return rest > 0 ? names.prefix(limit) + ["\(rest) more programs"] : names
    }

    /// How to end what holds a socket; `nil` where nobody is known.
    static func stop(_ holder: HolderDocument) -> String? {
        guard let owner = holder.owners.first?.owner else { return nil }
        if let unit = ServiceUnit(owner) { return unit.systemctl("stop") }
        return owner.pid > 1 ? "kill \(owner.pid)" : nil
    }

    /// `1.5 s`, `60 s`.
    static func seconds(_ milliseconds: Int64) -> String {
        milliseconds < 10_000 && milliseconds % 1000 != 0
            ? "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s" : "\((milliseconds + 999) / 1000) s"
    }
}
