import Glibc
import PortModel
import ProcFS
import Testing

@Suite struct ProcessTests {
    @Test func `A name made to mislead is read whole, and the fields behind it are right`() throws {
        let process = try Fixture.host.process(4711)
        let stat = try process.stat()
        #expect(stat.command == "a) S 1 (\n\u{fffd}\\b")
        #expect(stat.state == "S")
        #expect(stat.parent == 2651)
        #expect(stat.startTicks == 341_609)
        #expect(try process.status().effectiveUID == 1001)
        #expect(try process.cgroup().unit == "getty@tty1.service")
    }

    @Test func `An owner is put together from what may be read`() throws {
        let owner = try Fixture.host.process(4711).owner(bootTime: Timestamp(milliseconds: 1_000_000))
        #expect(owner.pid == 4711)
        #expect(owner.startedAt == Timestamp(milliseconds: 4_416_090))
        #expect(owner.uid == 1001)
        #expect(owner.executable == nil)
        #expect(owner.unit == "getty@tty1.service")
        #expect(owner.container == nil)
    }

    @Test(arguments: [
        ("", "pid"), ("1 ", "pid"), ("(a) S 1", "pid"), ("x (a) S 1", "pid"), ("4294967296 (a) S 1", "pid"),
        ("1 (a S 1", "comm"), ("1 (a)", "state"), ("1 (a) SS 1", "state"), ("1 (a) S", "ppid"), ("1 (a) S -1", "ppid"),
        ("1 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18", "starttime"),
        ("1 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 -5 20", "starttime"),
    ])
    func `A malformed stat file is refused by the field`(text: String, field: String) {
        #expect(throws: ProcError.malformed(field: field)) { try ProcessStat(parsing: Array(text.utf8)) }
    }

    @Test(arguments: [
        "", "Name:\tUid:\n", "Uid:\t1\n", "Uid:\t1\tx\t1\t1\n", "Uid:\t0\t4294967296\t0\t0\n", " Uid:\t0\t0\t0\t0\n",
    ])
    func `A malformed status file is refused`(text: String) {
        #expect(throws: ProcError.malformed(field: "Uid")) { try ProcessStatus(parsing: Array(text.utf8)) }
    }

    @Test func `Every prefix of a stat file is read or refused`() throws {
        let bytes = try Fixture.bytes("host/4711/stat")
        for length in 0...bytes.count { _ = try? ProcessStat(parsing: Array(bytes[..<length])) }
    }

    @Test func `The executable is a path of any bytes, with the kernel's mark of a removed file`() throws {
        let root = try TemporaryRoot()
        try root.link("1/exe", to: "/usr/sbin/nginx (deleted)")
        try root.makeDirectory("2")
        #expect(try root.proc.process(1).executable() == "/usr/sbin/nginx (deleted)")
        #expect(try root.proc.process(2).executable() == nil)
        #expect(throws: ProcError.vanished) { _ = try root.proc.process(3) }
        #expect(throws: ProcError.vanished) { _ = try root.proc.process(2).stat() }
    }

    @Test func `Processes are the directories with a number`() throws {
        let root = try TemporaryRoot()
        for name in ["1", "4711", "self", "net", "12a", "99999999999"] { try root.makeDirectory(name) }
        #expect(try root.proc.pids().sorted() == [1, 4711])
        #expect(!root.proc.hidesProcesses())
        #expect(throws: ProcError.vanished) { try ProcFS(root: root.path + "/none").pids() }
        #expect(ProcFS(root: root.path + "/none").hidesProcesses())
    }

    @Test func `This process is what it knows itself to be`() throws {
        let proc = ProcFS()
        #expect(try proc.pids().contains(getpid()))
        let owner = try proc.process(getpid()).owner(bootTime: proc.bootTime())
        #expect(owner.pid == getpid())
        #expect(owner.uid == geteuid())
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count)
        #expect(
            owner.executable == String(decoding: path.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        )
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let age = Timestamp(milliseconds: Int64(now.tv_sec) * 1000) - owner.startedAt
        #expect((-2000..<3_600_000).contains(age))
    }

    @Test func `A process that has ended is never mistaken for another`() throws {
        var child: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("60"), nil]
        defer { for argument in arguments { free(argument) } }
        try #require(posix_spawnp(&child, "sleep", nil, nil, &arguments, environ) == 0)
        let process = try ProcFS().process(child)
        let descriptors = try process.descriptors()
        #expect(try process.stat().parent == getpid())
        kill(child, SIGKILL)
        waitpid(child, nil, 0)
        #expect(throws: ProcError.vanished) { _ = try process.stat() }
        #expect(throws: ProcError.vanished) { _ = try process.cgroup() }
        #expect(descriptors.target(of: 0) == .vanished)
        #expect(try descriptors.forEachSocket { _, _ in true } == 0)
        #expect(throws: ProcError.vanished) { _ = try ProcFS().process(child) }
    }
}
