import PortHistory
import PortModel

/// Whose a socket was over its life: what tells one program from another.
struct ProgramIdentity: Hashable, Sendable {
    /// A process, apart from what it ran.
    private struct Process: Hashable {
        var pid: Int32
        var startTicks: UInt64
        var startedAt: Timestamp
    }

    /// The processes known, the newest holder's first; empty where nobody is known.
    private(set) var owners: [PortOwner] = []
    /// The user of the socket, the newest that is known.
    private(set) var uid: UInt32?
    /// The paths of their executables.
    private var paths: Set<Substring> = []
    /// Their commands, and those of the ones whose paths are not known.
    private var commands: Set<String> = []
    private var commandsWithoutPath: Set<String> = []

    /// The identity that these holders, the newest first, add up to.
    init(_ holders: some Sequence<Holder>) {
        // A listener that forks for each connection has had thousands of owners in a month.
        var known: [Process: [Int]] = [:]
        for holder in holders {
            uid = uid ?? holder.uid
            for owner in holder.ownership.owners {
                let process = Process(pid: owner.pid, startTicks: owner.startTicks, startedAt: owner.startedAt)
                if known[process, default: []].contains(where: { owners[$0] == owner }) { continue }
                known[process, default: []].append(owners.count)
                owners.append(owner)
            }
        }
        for owner in owners {
            commands.insert(owner.command)
            if let path = owner.executablePath { paths.insert(path) } else { commandsWithoutPath.insert(owner.command) }
        }
    }

    /// True where a process is known.
    var isKnown: Bool { !owners.isEmpty }

    /// Whether the two have a program in common: the same path, or the same command where one path is not known. False where
    /// one of the two is not known.
    func sharesProgram(with other: ProgramIdentity) -> Bool {
        !paths.isDisjoint(with: other.paths) || !commandsWithoutPath.isDisjoint(with: other.commands)
            || !commands.isDisjoint(with: other.commandsWithoutPath)
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
    /// The path of the executable. Linux adds ` (deleted)` when the file was replaced, as every package upgrade does.
    fileprivate var executablePath: Substring? {
        guard let executable, !executable.isEmpty else { return nil }
        let mark = " (deleted)"
        return executable.hasSuffix(mark) ? executable.dropLast(mark.count) : executable[...]
    }
}
