import PortModel
import TestSupport

/// The processes of the simulated host, as the recorder would know them.
struct ProcessTable {
    /// Who holds sockets: sockets refer to these by index.
    private(set) var ownerships: [Ownership] = [.unknown]
    private var pid: Int32 = 1000

    /// Starts over after a reboot.
    mutating func reboot() { pid = 700 }

    /// Starts a process of a program.
    ///
    /// - Parameters:
    ///   - now: the wall clock.
    ///   - uptime: milliseconds since the host was booted.
    mutating func start(
        _ program: ProgramSpec, at now: Timestamp, uptime: Int64, using generator: inout SeededGenerator
    ) -> PortOwner {
        pid += Int32(1 + generator.below(30))
        if pid > 4_194_303 { pid = 300 + Int32(generator.below(1000)) }
        return PortOwner(
            pid: pid, startTicks: UInt64(max(0, uptime) / 10), startedAt: now, command: program.command,
            executable: program.executable, uid: program.uid, unit: program.unit, container: program.container)
    }

    /// The index of the ownership of processes.
    mutating func hold(_ owners: [PortOwner]) -> Int32 {
        ownerships.append(Ownership(owners: owners, attribution: .observed))
        return Int32(ownerships.count - 1)
    }
}
