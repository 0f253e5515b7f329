import PortModel

/// The values of sysctls: /proc/sys/net/ipv4/\* and /proc/sys/net/ipv6/bindv6only
/// (Documentation/networking/ip-sysctl.rst).
enum ProcSysctl {
    /// One number, which some sysctls let be negative, and a line end.
    static func number(_ bytes: [UInt8]) -> Int? {
        Int32(ProcText.decode(ProcText.trim(bytes[...]))).map(Int.init)
    }

    /// Two ports, `32768\t60999`.
    static func range(_ bytes: [UInt8]) -> PortRange? {
        let ends = ProcText.words(ProcText.trim(bytes[...]))
        guard ends.count == 2, let first = ProcText.decimal(ends[0], UInt16.self),
            let last = ProcText.decimal(ends[1], UInt16.self), first <= last
        else { return nil }
        return PortRange(first: first, last: last)
    }

    /// A list of ports and ranges, or an empty line.
    static func ports(_ bytes: [UInt8]) -> PortSet? {
        PortSet(list: ProcText.decode(ProcText.trim(bytes[...])))
    }
}

extension ProcFS {
    /// The limits of the network namespace that the calling thread is in, and the sysctls that could not be read.
    ///
    /// A sysctl that this kernel lacks (`tcp_tw_reuse_delay` before 6.14, `bindv6only` without IPv6) is normal and keeps the
    /// default of ``PortModel/PortLimits``. So does one that cannot be read, which is a failure; without the range the
    /// limits are marked as assumed.
    public func limits() -> (limits: PortLimits, failures: [ProcFailure]) {
        var limits = PortLimits()
        var failures: [ProcFailure] = []

        func value<T>(_ name: String, isRequired: Bool = false, _ parse: ([UInt8]) -> T?) -> T? {
            let file = "sys/\(name)"
            do throws(ProcError) {
                guard let value = parse(try sysctl(file)) else { throw .malformed(field: name) }
                return value
            } catch .vanished where !isRequired {
                return nil
            } catch {
                failures.append(ProcFailure(file: path(file), error: error))
                return nil
            }
        }
        func number(_ name: String) -> Int? { value(name, ProcSysctl.number) }

        if let range = value("net/ipv4/ip_local_port_range", isRequired: true, ProcSysctl.range) {
            limits.range = range
        } else {
            limits.assumed = true
        }
        limits.reserved = value("net/ipv4/ip_local_reserved_ports", ProcSysctl.ports) ?? limits.reserved
        limits.unprivilegedStart = number("net/ipv4/ip_unprivileged_port_start") ?? limits.unprivilegedStart
        limits.timeWaitReuse = number("net/ipv4/tcp_tw_reuse") ?? limits.timeWaitReuse
        limits.timeWaitReuseDelay = number("net/ipv4/tcp_tw_reuse_delay") ?? limits.timeWaitReuseDelay
        limits.maxTimeWait = number("net/ipv4/tcp_max_tw_buckets") ?? limits.maxTimeWait
        limits.timestamps = number("net/ipv4/tcp_timestamps") ?? limits.timestamps
        limits.finTimeout = number("net/ipv4/tcp_fin_timeout") ?? limits.finTimeout
        limits.autobindReuse = number("net/ipv4/ip_autobind_reuse").map { $0 != 0 } ?? limits.autobindReuse
        limits.nonlocalBind = number("net/ipv4/ip_nonlocal_bind").map { $0 != 0 } ?? limits.nonlocalBind
        limits.bindV6Only = number("net/ipv6/bindv6only").map { $0 != 0 } ?? limits.bindV6Only
        limits.kernelRelease = value("kernel/osrelease") { ProcText.decode(ProcText.trim($0[...])) } ?? ""
        return (limits, failures)
    }

    /// Reads a sysctl. The kernel writes a list of ports into one read(2) and says "end" at the next, however much was cut
    /// off (`proc_do_large_bitmap`), so a full buffer means to start again with one that holds any list of 65 536 ports.
    func sysctl(_ file: String) throws(ProcError) -> [UInt8] {
        let piece = 4096
        let bytes = try ProcFile(path(file)).bytes(piece: piece)
        if bytes.count < piece - 16 { return bytes }
        return try ProcFile(path(file)).bytes(piece: 262_144)
    }
}
