import GRDB
import GRDBSQLite

/// A prepared statement, without GRDB's conversions: for what runs once a socket. Indexes are SQLite's: arguments are
/// counted from 1, columns from 0.
struct HotStatement {
    private let statement: Statement
    private let pointer: OpaquePointer

    /// Takes the connection's prepared statement, or prepares one where there is none or it is at work further up.
    init(_ database: Database, _ sql: String) throws {
        let cached = try database.cachedStatement(sql: sql)
        statement = sqlite3_stmt_busy(cached.sqliteStatement) == 0 ? cached : try database.makeStatement(sql: sql)
        pointer = statement.sqliteStatement
    }

    /// Whether it is at work further up.
    var isBusy: Bool { sqlite3_stmt_busy(pointer) != 0 }

    /// Sets an argument.
    func bind(_ argument: Int32, _ value: Int) {
        sqlite3_bind_int64(pointer, argument, Int64(value))
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

    /// Whether a column of the row has no value.
    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(pointer, column) == SQLITE_NULL }

    /// A number of the row in the range of its type.
    ///
    /// - Throws: `SQLITE_CORRUPT` when it is outside: portlog wrote no such number.
    func number<T: FixedWidthInteger>(_ column: Int32, as type: T.Type = T.self) throws -> T {
        try T(checked: int(column))
    }

    /// A text of the row; empty for NULL.
    func text(_ column: Int32) -> String {
        sqlite3_column_text(pointer, column).map { String(cString: $0) } ?? ""
    }

    /// A text of the row; `nil` for NULL and an empty one.
    func word(_ column: Int32) -> String? {
        let text = text(column)
        return text.isEmpty ? nil : text
    }

    private func failure(_ code: Int32) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(sqlite3_db_handle(pointer))),
            message: String(cString: sqlite3_errmsg(sqlite3_db_handle(pointer))))
    }
}

extension FixedWidthInteger {
    /// A stored number in the range of its type.
    ///
    /// - Throws: `SQLITE_CORRUPT` when it is outside: portlog wrote no such number.
    init(checked value: Int) throws {
        guard let number = Self(exactly: value) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the number \(value) is out of its range")
        }
        self = number
    }
}

extension Row {
    /// A value of a column; an optional one where there may be none.
    ///
    /// - Throws: `SQLITE_CORRUPT` when it is of another type: portlog wrote no such value. The subscript ends the process.
    func checked<T: DatabaseValueConvertible>(_ column: String) throws -> T {
        let stored: DatabaseValue = self[column]
        if let value = T.fromDatabaseValue(stored) { return value }
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "\(column) has a value of another type")
    }
}
