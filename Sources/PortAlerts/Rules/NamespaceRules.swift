import PortHistory
import PortModel

/// `ephemeral_pool`, `time_wait_limit` and `accept_queue`: what is said of whole namespaces.
struct NamespaceRules {
    private struct Counters {
        var time: Int64
        var overflows: Int64
        var drops: Int64
        var timeWaitOverflows: Int64
        var boot: String
    }

    private var counters: [Counters] = []
    /// Over which time dropped connections are counted, in milliseconds.
    private static let window: Int64 = 60_000

    /// Looks at a sample.
    mutating func evaluate(_ figures: SampleFigures, at now: Moment, _ stories: inout AlertStories) {
        if figures.sample.areCountersKnown { note(figures.sample) }
        let poolFloor = stories.configuration.lowestWarning(.ephemeralPool)
        let limitFloor = stories.configuration.lowestWarning(.timeWaitLimit)
        let (openPools, openLimits) = (stories.openSubjects(.ephemeralPool), stories.openSubjects(.timeWaitLimit))
        var seen: Set<AlertSubject> = []
        for namespace in figures.namespaces {
            for (transport, pool) in [(TransportProtocol.tcp, namespace.tcpPool), (.udp, namespace.udpPool)]
            where pool.utilization >= poolFloor || !openPools.isEmpty {
                let subject = AlertSubject(.pool, namespace: namespace.name, transport: transport)
                seen.insert(subject)
                judge(.ephemeralPool, subject, pool.utilization, at: now, &stories) {
                    Self.tellPool(namespace, transport, pool)
                }
            }
            let share = Double(namespace.timeWaits) / Double(max(1, namespace.limits.maxTimeWait))
            let dropped = namespace.number == 0 ? timeWaitsDropped(at: now) : 0
            if share >= limitFloor || !openLimits.isEmpty || dropped > 0 {
                let subject = AlertSubject(.namespace, namespace: namespace.name)
                seen.insert(subject)
                judge(.timeWaitLimit, subject, share, isCertain: dropped > 0, at: now, &stories) {
                    Self.tellLimit(namespace, dropped)
                }
            }
        }
        for (rule, open) in [(AlertRule.ephemeralPool, openPools), (.timeWaitLimit, openLimits)] {
            for subject in open where !seen.contains(subject) {
                stories.observe(rule, subject, .nothing, at: now) { _ in .init(message: "") }
            }
        }
        judgeQueues(at: now, &stories)
    }

    private func judge(
        _ rule: AlertRule, _ subject: AlertSubject, _ value: Double, isCertain: Bool = false, at now: Moment,
        _ stories: inout AlertStories, _ tell: () -> Observation.Telling
    ) {
        let settings = stories.configuration.settings(rule, subject) { [] }
        let severity = isCertain ? .critical : settings.severity(of: value)
        stories.observe(
            rule, subject,
            Observation(
                value, severity, rest: .isNow(settings.isClear(value)), hold: settings.hold,
                isEnabled: settings.isEnabled), at: now
        ) { _ in tell() }
    }

    // MARK: - Counters

    private mutating func note(_ sample: SampleRecord) {
        if let last = counters.last, last.boot != sample.bootID || last.time >= sample.bootClock { counters = [] }
        counters.append(
            Counters(
                time: sample.bootClock, overflows: sample.listenOverflows, drops: sample.listenDrops,
                timeWaitOverflows: sample.timeWaitOverflow, boot: sample.bootID))
        // The last one from before the window stays: what was counted since is what counts.
        while counters.count > 2, counters[1].time <= sample.bootClock - Self.window { counters.removeFirst() }
    }

    /// TIME_WAITs that were not made since the sample before.
    private func timeWaitsDropped(at now: Moment) -> Int64 {
        guard let last = counters.last, last.time == now.boot, let before = counters.dropLast().last else { return 0 }
        return max(0, last.timeWaitOverflows - before.timeWaitOverflows)
    }

    private func judgeQueues(at now: Moment, _ stories: inout AlertStories) {
        guard let first = counters.first, let last = counters.last, last.time > first.time else { return }
        let overflows = max(0, last.overflows - first.overflows)
        let drops = max(overflows, last.drops - first.drops)
        // Over less than the window they are taken to be all.
        let minutes = max(1, Double(last.time - first.time) / 60_000)
        judge(.acceptQueue, AlertSubject(.namespace), Double(drops) / minutes, at: now, &stories) {
            .init(
                message:
                    "\(drops) connections were dropped within \(AlertWords.duration(max(1000, last.time - first.time))) because listeners did not take them, \(overflows) of them by a full accept queue",
                advice: [
                    "ss -ltn shows each listener's queue (Recv-Q) beside its limit (Send-Q)",
                    "The limit is the smaller of listen()'s backlog and net.core.somaxconn; a program that accepts too slowly fills any",
                ])
        }
    }

    // MARK: - Words

    private static func tellPool(
        _ namespace: SampleFigures.Namespace, _ transport: TransportProtocol, _ pool: BindPool
    ) -> Observation.Telling {
        let name = transport == .tcp ? "TCP" : "UDP"
        let effect =
            transport == .tcp ? "bind() to port 0 fails with EADDRINUSE" : "connect() and sendto() fail with EAGAIN"
        return .init(
            message:
                "\(pool.used) of \(pool.capacity) \(name) ports that bind() to port 0 chooses from are taken\(AlertWords.place(namespace.name)) (\(AlertWords.percent(pool.utilization))); when there are none \(effect)",
            advice: [
                "portlog sockets --protocol \(transport.rawValue) --namespace \(AlertWords.argument(namespace.name)) shows who has them",
                "Widen net.ipv4.ip_local_port_range (now \(namespace.limits.range.first)-\(namespace.limits.range.last))",
            ])
    }

    private static func tellLimit(_ namespace: SampleFigures.Namespace, _ dropped: Int64) -> Observation.Telling {
        var message =
            "\(namespace.timeWaits) sockets are in TIME_WAIT\(AlertWords.place(namespace.name)); tcp_max_tw_buckets is \(namespace.limits.maxTimeWait)"
        message +=
            dropped > 0
            ? ", and \(dropped) were dropped since the last sample" : ", above which the kernel drops them"
        return .init(
            message: message,
            advice: [
                "A TIME_WAIT that is dropped no longer keeps late segments of a connection from the next one",
                "Raise net.ipv4.tcp_max_tw_buckets: one takes less than 1 KiB",
                "portlog time-wait shows who leaves them",
            ])
    }
}
