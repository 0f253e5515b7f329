import PortModel

/// What the timeline tells the host to do.
extension SimulatedHost {
    /// How long the connection lasts that took the listener's port.
    private static let theft: Int64 = 25 * 60_000

    func handle(_ incident: Timeline.Incident) {
        let victim = cast.services[cast.stolen]
        switch incident {
        case .leakBegins:
            isLeaking = true
            leak()
        case .leakEnds:
            isLeaking = false
            deploy(cast.streams[cast.leak].program, gap: 1000)
        case .listenerGoes: deploy(victim.program, gap: Timeline.gap)
        case .portIsStolen: steal(victim.port)
        case .shutdown: shutDown()
        case .boot: boot()
        case .burstBegins:
            isBursting = true
            burst()
        case .burstEnds: isBursting = false
        case .limitsChange: changeLimits()
        }
    }

    private func steal(_ port: UInt16) {
        if explicit[port] > 0 { return }
        let lifetime = min(Self.theft, plan.duration / 20)
        for stream in cast.streams.indices where cast.destinations[cast.streams[stream].destination].service < 0 {
            let destination = cast.streams[stream].destination
            if destinations[destination].chooser.taken[port] || cast.streams[stream].bindsFirst { continue }
            if connect(stream, lifetime: lifetime, forced: port) != nil { return }
        }
    }
}
