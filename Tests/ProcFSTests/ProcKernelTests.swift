import PortModel
import ProcFS
import Testing

@Suite struct ProcKernelTests {
    @Test func `The captured identity is read`() throws {
        #expect(try Fixture.host.bootID().utf8.count == 36)
        #expect(try Fixture.host.hostname() == "vm")
        #expect(try Fixture.host.kernelRelease().hasPrefix("6.18."))
        #expect(try Fixture.host.bootTime() == Timestamp(milliseconds: 1_795_362_977_000))
    }

    @Test func `Empty and malformed files are refused by their name`() throws {
        let root = try TemporaryRoot()
        try root.write("\n", to: "sys/kernel/hostname")
        try root.write("short\n", to: "sys/kernel/random/boot_id")
        try root.write("cpu 1 2\nbtime -1\n", to: "stat")
        #expect(throws: ProcError.malformed(field: "hostname")) { try root.proc.hostname() }
        #expect(throws: ProcError.malformed(field: "boot_id")) { try root.proc.bootID() }
        #expect(throws: ProcError.malformed(field: "btime")) { try root.proc.bootTime() }
        #expect(throws: ProcError.vanished) { try root.proc.kernelRelease() }
    }

    @Test func `Slashes at the end of the root are dropped`() {
        #expect(ProcFS(root: "/proc//").path("net/tcp") == "/proc/net/tcp")
        #expect(ProcFS().root == "/proc")
    }

    @Test func `Error numbers are told apart by what they mean`() {
        #expect(ProcError(errno: 2) == .vanished)
        #expect(ProcError(errno: 3) == .vanished)
        #expect(ProcError(errno: 13) == .permissionDenied)
        #expect(ProcError(errno: 1) == .permissionDenied)
        #expect(ProcError(errno: 5) == .failed(errno: 5))
        #expect(ProcError(errno: 5).description == "Input/output error")
    }
}
