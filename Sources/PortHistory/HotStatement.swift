import GRDB
import GRDBSQLite

/// A prepared statement, without GRDB's conversions: for what runs once a socket. Indexes are SQLite's: arguments are
/// counted from 1, columns from 0.
struct HotStatement {
    private let statement: Statement
    private let pointer: OpaquePointer

    /// Prepares the statement, or takes the connection's prepared one.
    init(_ database: Database, _ sql: String) throws {
        statement = try database.cachedStatement(sql: sql)
        pointer = statement.sqliteStatement
        sqlite3_reset(pointer)
    }

    /// Sets an argument.
    subscript(argument: Int32) -> Int {
        get { 0 }
        nonmutating set { sqlite3_bind_int64(pointer, argument, Int64(newValue)) }
    }

    /// Executes a statement that gives no rows.
    func run() throws {
        let code = sqlite3_step(pointer)
        sqlite3_reset(pointer)
        if code != SQLITE_DONE { throw failure(code) }
    }

    /// Goes to the next row; false and reset after the last.
    func next() throws -> Bool {
        let code = sqlite3_step(pointer)
        if code == SQLITE_ROW { return true }
        sqlite3_reset(pointer)
        if code == SQLITE_DONE { return false }
        throw failure(code)
    }

    /// Ends a query before its last row.
    func reset() { sqlite3_reset(pointer) }

    /// A number of the row.
    func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(pointer, column)) }

    /// A text of the row; empty for NULL.
    func text(_ column: Int32) -> String {
        sqlite3_column_text(pointer, column).map { String(cString: $0) } ?? ""
    }

    private func failure(_ code: Int32) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(sqlite3_db_handle(pointer))),
            message: String(cString: sqlite3_errmsg(sqlite3_db_handle(pointer))))
    }
}
