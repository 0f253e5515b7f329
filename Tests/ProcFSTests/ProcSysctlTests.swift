import Glibc
import PortModel
import ProcFS
import Testing

@Suite struct ProcSysctlTests {
    @Test func `The captured sysctls are the kernel's defaults`() {
        let (limits, failures) = Fixture.host.limits()
        #expect(failures.isEmpty)
        var expected = PortLimits()
        expected.maxTimeWait = 131_072
        expected.kernelRelease = limits.kernelRelease
        #expect(limits == expected)
        #expect(limits.kernel == KernelVersion(6, 18))
    }

    @Test func `Every sysctl has its field`() throws {
        let root = try TemporaryRoot()
        for (name, text) in [
            ("ip_local_port_range", "2000\t2099\n"), ("ip_local_reserved_ports", "2001,2010-2019\n"),
            ("ip_unprivileged_port_start", "80\n"), ("tcp_tw_reuse", "1\n"), ("tcp_tw_reuse_delay", "250\n"),
            ("tcp_max_tw_buckets", "5\n"), ("tcp_timestamps", "0\n"), ("tcp_fin_timeout", "30\n"),
            ("ip_autobind_reuse", "1\n"), ("ip_nonlocal_bind", "1\n"),
        ] {
            try root.write(text, to: "sys/net/ipv4/\(name)")
        }
        try root.write("1\n", to: "sys/net/ipv6/bindv6only")
        try root.write("6.1.0-18-amd64\n", to: "sys/kernel/osrelease")
        var expected = PortLimits()
        expected.range = PortRange(first: 2000, last: 2099)
        expected.reserved = PortSet([2001] + Array(2010...2019))
        expected.unprivilegedStart = 80
        expected.timeWaitReuse = 1
        expected.timeWaitReuseDelay = 250
        expected.maxTimeWait = 5
        expected.timestamps = 0
        expected.finTimeout = 30
        expected.autobindReuse = true
        expected.nonlocalBind = true
        expected.bindV6Only = true
        expected.kernelRelease = "6.1.0-18-amd64"
        let (limits, failures) = root.proc.limits()
        #expect(limits == expected)
        #expect(failures.isEmpty)
    }

    @Test func `What an older kernel lacks is normal, a range that is missing makes the limits assumed`() throws {
        let root = try TemporaryRoot()
        try root.write("2000\t2099\n", to: "sys/net/ipv4/ip_local_port_range")
        #expect(root.proc.limits().failures.isEmpty)
        #expect(!root.proc.limits().limits.assumed)
        #expect(root.proc.limits().limits.timeWaitReuseDelay == 1000)

        let (limits, failures) = try TemporaryRoot().proc.limits()
        #expect(limits.assumed)
        #expect(limits.range == .standard)
        #expect(failures.map(\.error) == [.vanished])
    }

    @Test(arguments: ["", "\n", "2000", "2000 65536", "-1 5", "9 8", "1 2 3", "a b"])
    func `A range of another form is refused and assumed`(text: String) throws {
        let root = try TemporaryRoot()
        try root.write(text, to: "sys/net/ipv4/ip_local_port_range")
        let (limits, failures) = root.proc.limits()
        #expect(limits.assumed)
        #expect(failures.map(\.error) == [.malformed(field: "net/ipv4/ip_local_port_range")])
    }

    @Test func `A sysctl that may not be read keeps its default and is reported`() throws {
        let root = try TemporaryRoot()
        try root.write("2000\t2099\n", to: "sys/net/ipv4/ip_local_port_range")
        try root.write("1\n", to: "sys/net/ipv4/tcp_tw_reuse")
        chmod("\(root.path)/sys/net/ipv4/tcp_tw_reuse", 0)
        chmod(root.path, 0o755)
        let (limits, failures) = try asUser(65534) { root.proc.limits() }
        #expect(limits.timeWaitReuse == 2)
        #expect(limits.range.count == 100)
        #expect(failures == [ProcFailure(file: "\(root.path)/sys/net/ipv4/tcp_tw_reuse", error: .permissionDenied)])
    }

    @Test func `A list of ports longer than a page is read whole`() throws {
        let root = try TemporaryRoot()
        let ports = PortSet(stride(from: UInt16(1), to: 60_001, by: 2))
        try root.write(ports.list + "\n", to: "sys/net/ipv4/ip_local_reserved_ports")
        #expect(root.proc.limits().limits.reserved == ports)
    }

    @Test func `The real sysctls are read`() {
        let (limits, failures) = ProcFS().limits()
        #expect(failures.isEmpty)
        #expect(!limits.assumed)
        #expect(KernelVersion(release: limits.kernelRelease) != nil)
    }
}
