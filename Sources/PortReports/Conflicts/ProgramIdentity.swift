import PortHistory
import PortModel

/// Whose a socket was over its life: what tells one program from another.
struct ProgramIdentity: Hashable, Sendable {
    /// The processes known, the newest holder's first; empty where nobody is known.
    private(set) var owners: [PortOwner] = []
    /// The user of the socket, the newest that is known.
    private(set) var uid: UInt32?

    /// The identity that these holders, the newest first, add up to.
    init(_ holders: some Sequence<Holder>) {
        for holder in holders {
            uid = uid ?? holder.uid
            for owner in holder.ownership.owners where !owners.contains(owner) { owners.append(owner) }
        }
    }

    /// True where a process is known.
    var isKnown: Bool { !owners.isEmpty }

    /// Whether the two have a program in common. False where one is not known.
    func sharesProgram(with other: ProgramIdentity) -> Bool {
        owners.contains { one in other.owners.contains { one.isProgram(of: $0) } }
    }

    /// Whether they are certainly two programs: both are known and have none in common, or, where one is not known, the
    /// users differ.
    func isAnotherProgram(than other: ProgramIdentity) -> Bool {
        isKnown && other.isKnown ? !sharesProgram(with: other) : isAnotherUser(than: other)
    }

    /// Whether the users are known and differ.
    func isAnotherUser(than other: ProgramIdentity) -> Bool {
        guard let uid, let theirs = other.uid else { return false }
        return uid != theirs
    }
}

extension PortOwner {
    /// Whether two processes run one program: the same path, or the same command where one path is not known.
    fileprivate func isProgram(of other: PortOwner) -> Bool {
        guard let mine = executablePath, let theirs = other.executablePath else { return command == other.command }
        return mine == theirs
    }

    /// The path of the executable. Linux adds ` (deleted)` when the file was replaced, as every package upgrade does.
    private var executablePath: Substring? {
        guard let executable, !executable.isEmpty else { return nil }
        let mark = " (deleted)"
        return executable.hasSuffix(mark) ? executable.dropLast(mark.count) : executable[...]
    }
}
