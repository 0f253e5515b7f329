import PortModel

/// What gives a destination more room.
struct ConnectRemedies {
    /// One line a remedy, the most useful first; none while there is much room.
    let lines: [String]

    /// Remedies for the use of a destination.
    ///
    /// - Parameters:
    ///   - timeWaits: its TIME_WAITs that block a port.
    ///   - suspects: who may have bound before connect().
    init(
        _ scene: PortScene, _ use: DestinationUse, timeWaits: [PortScene.Entry], _ destination: Destination?,
        suspects: [HolderDocument], _ suspicious: Int
    ) {
        var lines: [String] = []
        let limits = scene.limits
        if suspicious > 0 {
            lines.append(
                "\(SocketWords.programs(suspects)) seems to bind() before connect(), which spends one port for all destinations: set IP_BIND_ADDRESS_NO_PORT there"
            )
        }
        guard use.utilization >= 0.5 || use.free == 0 else {
            self.lines = lines
            return
        }
        if use.usedByTimeWait * 2 >= max(1, use.used) {
            let programs = SocketWords.programs(timeWaits.map(\.holder))
            lines.append(
                "\(use.usedByTimeWait) of the ports are in TIME_WAIT, left by \(programs): keep connections open and use them again (a pool, HTTP keep-alive)"
            )
            lines += Self.reuse(limits, destination, use)
            if let first = timeWaits.map(\.remaining).min(), let last = timeWaits.map(\.remaining).max(),
                scene.isPresent
            {
                lines.append(
                    "Or wait: the first of them is gone in \(SocketWords.seconds(first)), the last in \(SocketWords.seconds(last))"
                )
            }
        } else {
            lines.append(
                "The connections are open: use fewer of them at a time (a pool with a limit), and look for a leak")
        }
        lines.append(
            "Connect from more addresses, or to more addresses or ports of the peer: each combination has \(use.capacity) ports of its own"
        )
        lines += RangeRemedies(scene).lines
        let explicit = limits.choosable - use.capacity
        if explicit * 10 >= max(1, limits.choosable) {
            lines.append(
                "\(explicit) ports of the range are taken from every destination by listeners, bound sockets and what they accepted: give these ports outside of \(limits.range.first)-\(limits.range.last)"
            )
        }
        self.lines = lines
    }

    private static func reuse(_ limits: PortLimits, _ destination: Destination?, _ use: DestinationUse) -> [String] {
        if limits.timestamps == 0 {
            return [
                "No TIME_WAIT can be reused while net.ipv4.tcp_timestamps=0: sysctl -w net.ipv4.tcp_timestamps=1 (new connections)"
            ]
        }
        if let destination, TimeWaitReuse(limits).applies(to: destination) { return [] }
        let delay = limits.timeWaitReuseDelay
        return [
            "Or let connect() reuse them after \(SocketWords.seconds(Int64(delay))): sysctl -w net.ipv4.tcp_tw_reuse=1; both ends must use TCP timestamps, and nothing between them may rewrite or drop these"
        ]
    }
}
