import Glibc
import PortModel
import ProcFS
import Testing

@Suite struct ProcDescriptorsTests {
    private func root() throws -> TemporaryRoot {
        let root = try TemporaryRoot()
        for (name, target) in [
            ("0", "/dev/null"), ("1", "socket:[4711]"), ("2", "pipe:[4712]"), ("17", "socket:[18446744073709551615]"),
            ("20", "socket:[18446744073709551616]"), ("21", "socket:[]"), ("22", "socket:[1"), ("23", "socket:[1]x"),
            ("24", "anon_inode:[eventpoll]"), ("25", "socket:[1x]"), ("x", "socket:[5]"),
            ("26", "/tmp/" + String(repeating: "socket:[1]", count: 300)),
        ] {
            try root.link("4711/fd/\(name)", to: target)
        }
        return root
    }

    @Test func `Sockets are told from everything else by their link`() throws {
        var found: [Int32: UInt64] = [:]
        let root = try root()
        let looked = try root.proc.descriptors(of: 4711).forEachSocket { descriptor, inode in
            found[descriptor] = inode
            return true
        }
        #expect(found == [1: 4711, 17: .max])
        #expect(looked == 11)
    }

    @Test func `The listing ends where the caller has enough, and begins anew the next time`() throws {
        let root = try root()
        let descriptors = try root.proc.descriptors(of: 4711)
        var calls = 0
        for _ in 0..<3 {
            try descriptors.forEachSocket { _, _ in
                calls += 1
                return false
            }
        }
        #expect(calls == 3)
        try descriptors.forEachSocket { _, _ in
            calls += 1
            return true
        }
        #expect(calls == 5)
    }

    @Test func `One descriptor can be asked for alone`() throws {
        let root = try root()
        let descriptors = try root.proc.descriptors(of: 4711)
        #expect(descriptors.target(of: 1) == .socket(inode: 4711))
        #expect(descriptors.inode(of: 17) == .max)
        #expect(descriptors.target(of: 24) == .other)
        #expect(descriptors.target(of: 3) == .vanished)
        #expect(descriptors.target(of: -1) == .vanished)
        #expect(descriptors.target(of: .max) == .vanished)
        #expect(descriptors.inode(of: 2) == nil)
        #expect(root.proc.target(of: 1, in: 4711) == .socket(inode: 4711))
        #expect(root.proc.target(of: 1, in: 4712) == .vanished)
        #expect(throws: ProcError.vanished) { _ = try root.proc.descriptors(of: 4712) }
    }

    @Test func `A socket of this process is found, alone and in the list`() throws {
        let socket = try LocalSocket(listening: false)
        let descriptors = try ProcFS().descriptors(of: getpid())
        #expect(descriptors.inode(of: socket.descriptor) == socket.inode)
        var found: [Int32: UInt64] = [:]
        let looked = try descriptors.forEachSocket { descriptor, inode in
            found[descriptor] = inode
            return true
        }
        #expect(found[socket.descriptor] == socket.inode)
        // Other tests open and close descriptors meanwhile. Kernels before 6.2 do not tell the number.
        if let count = descriptors.count { #expect(abs(count - looked) < 200) }
    }

    @Test func `The descriptors of another user are denied, which is not the same as gone`() throws {
        try asUser(65534) {
            #expect(throws: ProcError.permissionDenied) { _ = try ProcFS().descriptors(of: 1) }
            #expect(ProcFS().target(of: 0, in: 1) == .permissionDenied)
            let process = try ProcFS().process(1)
            #expect(throws: ProcError.permissionDenied) { _ = try process.descriptors() }
            #expect(try process.stat().pid == 1)
        }
    }
}
