import PortHistory

extension HistoryError: PortlogErrorConvertible {
    /// The exit codes of the history's errors are the contract's, and are told in one place: here.
    var portlogError: PortlogError {
        switch self {
        case .notFound(let path):
            PortlogError(
                .noInput, "cannot open \(path)", why: "there is no such database",
                whatToDo: "Record one with 'portlog record --database \(path)', or name another with --database.")
        case .notPortlog(let path):
            PortlogError(
                .unavailable, "cannot open \(path)", why: "it is not a database of portlog",
                whatToDo: "It was left untouched. Name another file with --database.")
        case .otherSchema(let path, let found, let expected):
            PortlogError(
                .unavailable, "cannot open \(path)",
                why: "it has schema \(found), and this portlog reads schema \(expected)",
                whatToDo: found > expected
                    ? "It was left untouched. Use the newer portlog that wrote it."
                    : "Let this version's 'portlog record' run once: it brings the file up to date.")
        case .damaged(let path, let reason):
            PortlogError(
                .unavailable, "cannot read \(path)", why: "the database is damaged (\(reason))",
                whatToDo: HistoryReader.isRecording(path)
                    ? "Restart the recorder: it sets the file aside and starts a new one; a backup may help."
                    : "'portlog record' sets it aside and starts a new one; a backup may help.")
        case .cannotCreate(let path, let reason):
            PortlogError(
                .cannotCreate, "cannot create \(path)", why: reason,
                whatToDo: "Check that its folder exists and can be written, or name another file with --database.")
        case .severalNames(let path, let count):
            PortlogError(
                .cannotCreate, "cannot write \(path)",
                why: "the file has \(count) names (hard links), and a recorder by another of them would destroy it",
                whatToDo: "See find -samefile for the others and remove them, or name another file with --database.")
        case .noRoom(let path):
            PortlogError(
                .cannotCreate, "cannot write \(path)", why: "there is no room on its file system",
                whatToDo: "Make room, or name a file on another file system with --database.")
        case .overBudget(let path):
            PortlogError(
                .cannotCreate, "cannot write \(path)", why: "a sample of this host does not fit into the budget",
                whatToDo: "Give it a larger one with --budget.")
        case .logHeld(let path):
            PortlogError(
                .cannotCreate, "cannot write \(path)",
                why: "a reader keeps a transaction open, and the write-ahead log has no room left in the budget",
                whatToDo: "End that reader, or give a larger --budget.")
        case .inputOutput(let path, let reason):
            PortlogError(
                .ioError, "cannot use \(path)", why: reason,
                whatToDo: "See the kernel's log for errors of the disk, then try again.")
        case .locked(let path, let pid):
            PortlogError(
                .busy, "cannot record into \(path)",
                why: "another recorder is writing it" + (pid.map { " (process \($0))" } ?? ""),
                whatToDo: "Stop that one, or name another file with --database.")
        case .permission(let path):
            PortlogError(
                .noPermission, "cannot open \(path)", why: "permission denied",
                whatToDo: "Run as root, join the group of the file, or name another with --database.")
        }
    }
}
