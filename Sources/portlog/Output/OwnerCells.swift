import PortModel
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
    var hasPlace: Bool { owners.contains { $0.place != nil } }

    /// The units or containers: `nginx.service`. Empty when none is known.
    var place: String {
        var places: [String] = []
        for place in owners.compactMap(\.place) where !places.contains(place) { places.append(place) }
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

    /// The unit, and the container before it where there is one: `nginx.service`, `web1/nginx.service`,
    /// `4c01db0b339c`; `nil` when neither is known.
    ///
    /// The id of a container is shown as its managers do, by twelve digits, and its scope, which only repeats the id, not
    /// at all.
    var place: String? {
        guard let container = owner.container else { return owner.unit }
        let name = PortOwner.shortContainer(container)
        guard let unit = owner.unit, !Self.repeats(unit, container) else { return name }
        return "\(name)/\(unit)"
    }

    /// Whether a unit is named after a container: `docker-4c01….scope`, `systemd-nspawn@web1.service`.
    private static func repeats(_ unit: String, _ container: String) -> Bool {
        let name = unit.utf8.lastIndex(of: UInt8(ascii: ".")).map { String(unit[..<$0]) } ?? unit
        return name.hasSuffix(container)
    }
}

extension [OwnerDocument] {
    /// `command/pid` of each, as CSV lists them.
    var names: [String] { map(\.name) }
}
