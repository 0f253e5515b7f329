import PortHistory
import PortModel

/// The words in which findings speak of sockets and programs. What a process chose itself is made harmless.
struct ConflictText {
    let scene: ConflictScene

    /// `nginx (pid 77, nginx.service)`, `nginx (pid 77 and 3 more)`, `an unknown program of user 33`.
    func program(of lives: some Sequence<SocketLife>) -> String {
        let identity = scene.identity(of: lives)
        guard let owner = identity.owners.first else {
            return identity.uid.map { "an unknown program of user \($0)" } ?? "an unknown program"
        }
        let others = Set(identity.owners.map(\.pid)).count - 1
        var details = "pid \(owner.pid)" + (others > 0 ? " and \(others) more" : "")
        if let place = owner.place { details += ", \(TextEscape.escaped(place))" }
        return "\(TextEscape.escaped(owner.command)) (\(details))"
    }

    /// ``program(of:)`` of one socket.
    func program(of life: SocketLife) -> String { program(of: [life]) }

    /// All programs among some sockets, each named once: `a (pid 1), b (pid 2) and c (pid 3)`; more than `limit` are counted.
    func programs(of lives: [SocketLife], limit: Int = 4) -> String {
        SocketWords.list(names(of: lives, limit: limit))
    }

    /// The form of a verb whose subject is ``programs(of:limit:)``: that for one program, or that for several.
    func verb(_ lives: [SocketLife], _ one: String, _ several: String) -> String {
        names(of: lives).count > 1 ? several : one
    }

    private func names(of lives: [SocketLife], limit: Int = 4) -> [String] {
        var groups: [(identity: ProgramIdentity, lives: [SocketLife])] = []
        for life in lives {
            let identity = scene.identity(of: life)
            let index = groups.firstIndex {
                !identity.isAnotherUser(than: $0.identity)
                    && ($0.identity.sharesProgram(with: identity) || !($0.identity.isKnown || identity.isKnown))
            }
            if let index { groups[index].lives.append(life) } else { groups.append((identity, [life])) }
        }
        var names = groups.prefix(limit).map { program(of: $0.lives) }
        if groups.count > limit { names.append("\(groups.count - limit) more programs") }
        return names
    }

    /// `0.0.0.0:80`, `[::]:80`.
    func place(_ key: BindKey) -> String { key.local.description }

    /// `10.0.0.1:40000 to 10.0.0.9:443`.
    func connection(_ life: SocketLife) -> String {
        "\(life.newest.local) to \(life.newest.remote)"
    }

    /// A text as the start of a sentence; the name of a program stays as it is.
    static func sentence(_ text: String) -> String {
        text.hasPrefix("an unknown") ? "A" + text.dropFirst() : text
    }
}
