import GRDB
import PortModel

/// The questions' side of a history: read-only, for any user who may read the file, while a recorder writes it or not.
public final class HistoryReader {
    /// The file, without symbolic links.
    public let path: String
    private let queue: DatabaseQueue

    /// Opens a history for questions.
    public init(path: String) throws(HistoryError) {
        self.path = HistoryFile.resolved(path)
        queue = try HistoryConnection.openForReading(self.path)
    }

    /// Whether a recorder writes this history now: its lock, not the age of the newest sample.
    public var isRecording: Bool { Self.isRecording(path) }

    /// Whether a recorder writes the history at a path now, be it one that can be read or not.
    public static func isRecording(_ path: String) -> Bool { RecorderLock.isHeld(for: HistoryFile.resolved(path)) }

    /// What the recorder is losing now, and why; `nil` while all is well.
    public var loss: RecorderLoss? { isRecording ? RecorderLock.loss(of: path) : nil }

    /// Asks questions of the history as it is at one moment.
    ///
    /// - Throws: What `body` throws; a failure of SQLite as ``HistoryError``.
    public func read<T>(_ body: (HistoryView) throws -> T) throws -> T {
        try transaction { try body(try HistoryView($0)) }
    }

    /// Asks SQLite in one read transaction.
    ///
    /// - Throws: What `body` throws; a failure of SQLite as ``HistoryError``.
    func transaction<T>(_ body: (Database) throws -> T) throws -> T {
        do {
            return try queue.inDatabase { database in
                var result: T?
                try database.inTransaction(.deferred) {
                    result = try body(database)
                    return .commit
                }
                guard let result else {
                    throw HistoryError.inputOutput(path: path, reason: "the transaction did not run")
                }
                return result
            }
        } catch let error where error is DatabaseError || error is RowDecodingError {
            throw HistoryError(error, path)
        }
    }
}
