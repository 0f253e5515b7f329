import GRDB
import PortModel

/// The tables `holder`, `process` and `program`, read one holder at a time when it is first asked for.
final class HolderReader {
    private let selectHolder: HotStatement
    private let selectProcess: HotStatement
    private let selectProgram: HotStatement
    private var holders: [Int: Holder] = [:]
    private var owners: [Int: PortOwner] = [:]
    private var programs: [Int: Program] = [:]

    /// What many processes share.
    private struct Program {
        var command: String
        var executable: String?
    }

    init(_ database: Database) throws {
        selectHolder = try HotStatement(database, "SELECT uid, attribution, processes FROM holder WHERE id = ?1")
        selectProcess = try HotStatement(
            database, "SELECT pid, start_ticks, started_at, program, uid, unit, container FROM process WHERE id = ?1")
        selectProgram = try HotStatement(database, "SELECT command, executable FROM program WHERE id = ?1")
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
        let program = try program(selectProcess.int(3))
        let owner = PortOwner(
            pid: try selectProcess.number(0), startTicks: UInt64(bitPattern: Int64(selectProcess.int(1))),
            startedAt: Timestamp(milliseconds: Int64(selectProcess.int(2))), command: program.command,
            executable: program.executable, uid: UInt32(truncatingIfNeeded: selectProcess.int(4)),
            unit: selectProcess.word(5), container: selectProcess.word(6))
        owners[id] = owner
        return owner
    }

    private func program(_ id: Int) throws -> Program {
        if let program = programs[id] { return program }
        selectProgram.bind(1, id)
        defer { selectProgram.reset() }
        guard try selectProgram.next() else { throw Self.malformed("program \(id) is missing") }
        let program = Program(command: selectProgram.text(0), executable: selectProgram.word(1))
        programs[id] = program
        return program
    }

    /// The numbers of `holder.processes`, a JSON list.
    private static func numbers(_ list: String) throws -> [Int] {
        var numbers: [Int] = []
        var number: Int?
        var rest = list.utf8.dropFirst().makeIterator()
        guard list.utf8.first == UInt8(ascii: "[") else { throw malformed("holder.processes is malformed: \(list)") }
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let (tens, isTooLarge) = (number ?? 0).multipliedReportingOverflow(by: 10)
                if isTooLarge { throw malformed("holder.processes is malformed: \(list)") }
                number = tens &+ Int(byte - UInt8(ascii: "0"))
            case UInt8(ascii: ",") where number != nil, UInt8(ascii: "]") where number != nil || numbers.isEmpty:
                if let number { numbers.append(number) }
                number = nil
                if byte == UInt8(ascii: "]"), rest.next() == nil { return numbers }
            default: throw malformed("holder.processes is malformed: \(list)")
            }
        }
        throw malformed("holder.processes is malformed: \(list)")
    }

    private static func malformed(_ message: String) -> DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: message)
    }
}
