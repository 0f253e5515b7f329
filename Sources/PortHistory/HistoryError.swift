/// Why a history cannot be opened or written. Each case names the file; the commands turn it into an exit code and advice.
public enum HistoryError: Error, Equatable, Sendable {
    /// There is no file at the path.
    case notFound(path: String)
    /// The file is something else: it lacks SQLite's header or portlog's application id.
    case notPortlog(path: String)
    /// The file's schema is not the one that this portlog reads.
    case otherSchema(path: String, found: Int, expected: Int)
    /// The file is portlog's and damaged; `reason` is SQLite's.
    case damaged(path: String, reason: String)
    /// The file cannot be created; `reason` is the system's.
    case cannotCreate(path: String, reason: String)
    /// The file has further names (hard links), by each of which it would have another lock and another write-ahead log.
    case severalNames(path: String, count: Int)
    /// There is no room for the file.
    case noRoom(path: String)
    /// A sample has more to write than the budget has room for.
    case overBudget(path: String)
    /// Reading or writing failed.
    case inputOutput(path: String, reason: String)
    /// Another recorder writes this history; its process, when it is known.
    case locked(path: String, pid: Int32?)
    /// A reader's transaction keeps the write-ahead log from being written back, and the log's part of the budget is used up.
    case logHeld(path: String)
    /// The file may not be opened.
    case permission(path: String)
}
