import GRDB
import PortModel

/// The tables `holder`, `process` and `program`, read one holder at a time when it is first asked for.
final class HolderReader {
    private let selectHolder: HotStatement
    private let selectProcess: HotStatement
    private var holders: [Int: Holder] = [:]
    private var owners: [Int: PortOwner] = [:]

    init(_ database: Database) throws {
        selectHolder = try HotStatement(database, "SELECT uid, attribution, processes FROM holder WHERE id = ?1")
        selectProcess = try HotStatement(
            database,
            """
            SELECT s.pid, s.start_ticks, s.started_at, p.command, p.executable, s.uid, s.unit, s.container
            FROM process s JOIN program p ON p.id = s.program WHERE s.id = ?1
            """)
    }

    /// A holder by its number.
    ///
    /// - Throws: `SQLITE_CORRUPT` when there is none or it cannot be read: the tables refer to each other in one transaction.
    func holder(_ number: Int) throws -> Holder {
        if let holder = holders[number] { return holder }
        selectHolder.bind(1, number)
        defer { selectHolder.reset() }
        guard try selectHolder.next() else { throw Self.malformed("holder \(number) is missing") }
        let uid = selectHolder.int(0)
        let attribution = Attribution(rawValue: try selectHolder.number(1, as: UInt8.self)) ?? .unknown
        let ids = try Self.numbers(selectHolder.text(2))
        let holder = Holder(
            uid: uid < 0 ? nil : UInt32(truncatingIfNeeded: uid),
            ownership: Ownership(owners: try ids.map(owner), attribution: attribution))
        holders[number] = holder
        return holder
    }

    private func owner(_ id: Int) throws -> PortOwner {
        if let owner = owners[id] { return owner }
        selectProcess.bind(1, id)
        defer { selectProcess.reset() }
        guard try selectProcess.next() else { throw Self.malformed("process \(id) is missing") }
        func word(_ column: Int32) -> String? {
            let text = selectProcess.text(column)
            return text.isEmpty ? nil : text
        }
        let owner = PortOwner(
            pid: try selectProcess.number(0), startTicks: UInt64(bitPattern: Int64(selectProcess.int(1))),
            startedAt: Timestamp(milliseconds: Int64(selectProcess.int(2))), command: selectProcess.text(3),
            executable: word(4), uid: UInt32(truncatingIfNeeded: selectProcess.int(5)), unit: word(6),
            container: word(7))
        owners[id] = owner
        return owner
    }

    /// The numbers of `holder.processes`, a JSON list.
    private static func numbers(_ list: String) throws -> [Int] {
        guard list.utf8.first == UInt8(ascii: "["), list.utf8.last == UInt8(ascii: "]") else {
            throw malformed("holder.processes is malformed: \(list)")
        }
        return try list.utf8.dropFirst().dropLast().split(separator: UInt8(ascii: ",")).map { part in
            guard let number = Int(Substring(part)) else { throw malformed("holder.processes is malformed: \(list)") }
            return number
        }
    }

    private static func malformed(_ message: String) -> DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: message)
    }
}
