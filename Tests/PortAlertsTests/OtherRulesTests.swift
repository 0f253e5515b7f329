import PortHistory
import PortModel
import Testing

@testable import PortAlerts

/// The rules about namespaces, programs and the recorder.
@Suite struct OtherRulesTests {
    private let simulation = Simulation(every: 10_000)

    private func run(_ samples: Int, _ adjust: @escaping (inout SampleFigures) -> Void = { _ in }) {
        simulation.adjust = adjust
        for _ in 0..<samples { simulation.sample() }
    }

    private func alert(_ rule: AlertRule) -> Alert? { simulation.alerts.last { $0.rule == rule } }

    @Test("A pool that is nearly empty", arguments: TransportProtocol.allCases)
    func pool(transport: TransportProtocol) {
        run(10) { figures in
            let pool = BindPool(capacity: 1000, used: 900)
            if transport == .tcp { figures.namespaces[0].tcpPool = pool } else { figures.namespaces[0].udpPool = pool }
        }
        #expect(alert(.ephemeralPool)?.subject == AlertSubject(.pool, transport: transport))
        #expect(alert(.ephemeralPool)?.severity == .warning && simulation.alerts.count == 1)
        run(10)
        #expect(alert(.ephemeralPool)?.isOpen == false)
    }

    @Test("TIME_WAITs near the kernel's limit, and dropped ones")
    func timeWaitLimit() {
        run(10) { $0.namespaces[0].timeWaits = 200_000 }
        #expect(alert(.timeWaitLimit) == nil)
        run(10) { $0.namespaces[0].timeWaits = 220_000 }
        #expect(alert(.timeWaitLimit)?.severity == .warning)
        run(2) { figures in
            figures.namespaces[0].timeWaits = 220_000
            figures.sample.timeWaitOverflow = figures.sample.bootClock
        }
        #expect(alert(.timeWaitLimit)?.severity == .critical)
        run(10)
        #expect(alert(.timeWaitLimit)?.isOpen == false)
    }

    @Test("Dropped connections are an alert while they go on, what was dropped before is none")
    func acceptQueue() {
        run(20) { ($0.sample.listenOverflows, $0.sample.listenDrops) = (5000, 6000) }
        #expect(alert(.acceptQueue) == nil)
        run(20) { figures in
            figures.sample.listenOverflows = 5000 + figures.sample.bootClock / 1000
            figures.sample.listenDrops = 6000 + figures.sample.bootClock / 1000
        }
        #expect(alert(.acceptQueue)?.severity == .critical || alert(.acceptQueue)?.severity == .warning)
        let (overflows, drops) = (5000 + simulation.clock / 1000, 6000 + simulation.clock / 1000)
        run(30) { ($0.sample.listenOverflows, $0.sample.listenDrops) = (overflows, drops) }
        #expect(alert(.acceptQueue)?.isOpen == false)
    }

    @Test("Counters that could not be read say nothing")
    func unreadCounters() {
        let read: (inout SampleFigures) -> Void = { figures in
            (figures.sample.listenOverflows, figures.sample.listenDrops) = (5000, 6000)
            figures.sample.timeWaitOverflow = 7000
        }
        // At the start, and later.
        for _ in 0..<2 {
            run(2) { $0.sample.areCountersKnown = false }
            run(10, read)
        }
        #expect(simulation.alerts.isEmpty, "\(simulation.alerts.map(\.message))")
    }

    @Test("CLOSE_WAITs that only rise are a leak, those that come and go are none")
    func closeWait() {
        var count = 0
        run(200) { figures in
            count += 1
            figures.closeWaits = [7: .init(count: count % 60, namespace: 0)]
        }
        #expect(alert(.closeWaitLeak) == nil)
        // One burst that nobody cleared away: it rises no more.
        count = 0
        run(200) { figures in
            count = min(count + 10, 500)
            figures.closeWaits = [7: .init(count: count, namespace: 0)]
        }
        #expect(alert(.closeWaitLeak) == nil)
        run(1) { $0.closeWaits = [7: .init(count: 0, namespace: 0)] }
        count = 0
        run(200) { figures in
            count += 1
            figures.closeWaits = [7: .init(count: count, namespace: 0)]
        }
        #expect(alert(.closeWaitLeak)?.severity == .warning && alert(.closeWaitLeak)?.owners == [Simulation.owner])
        #expect(alert(.closeWaitLeak)?.subject.detail == "77/7700")
        simulation.restart()
        run(20) { $0.closeWaits = [7: .init(count: 210, namespace: 0)] }
        #expect(alert(.closeWaitLeak)?.isOpen == true && simulation.alerts.count == 1)
        run(20) { $0.closeWaits = [7: .init(count: 0, namespace: 0)] }
        #expect(alert(.closeWaitLeak)?.isOpen == false)
    }

    @Test("CLOSE_WAITs of one process are added up, however many holders it has")
    func closeWaitOfProcess() {
        // The same process as another user, with a child of its own, and a process of the same program.
        simulation.owners[8] = Simulation.owner
        simulation.owners[9] = Simulation.owner
        simulation.owners[9]?.uid = 34
        simulation.owners[10] = Simulation.owner
        simulation.owners[10]?.pid = 78
        var count = 0
        run(100) { figures in
            count += 1
            figures.closeWaits = [10: .init(count: 1 + count / 3, namespace: 0)]
            figures.closeWaits[[7, 8, 9][count % 3]] = .init(count: 1 + count / 3, namespace: 0)
        }
        #expect(simulation.alerts.map(\.rule) == [.closeWaitLeak])
        #expect(alert(.closeWaitLeak)?.subject.detail == "77/7700" && alert(.closeWaitLeak)?.value ?? 0 >= 50)
        run(20) { $0.closeWaits = [7: .init(count: 0, namespace: 0), 8: .init(count: 0, namespace: 0)] }
        run(20) { $0.closeWaits = [9: .init(count: 0, namespace: 0)] }
        #expect(alert(.closeWaitLeak)?.isOpen == false)
    }

    @Test("That they go to another holder of the process is no fall")
    func closeWaitMoves() {
        simulation.owners[8] = Simulation.owner
        var count = 0
        run(200) { figures in
            count += 1
            let other = count < 50 ? 0 : count - 10
            figures.closeWaits = [7: .init(count: count - other, namespace: 0), 8: .init(count: other, namespace: 0)]
        }
        #expect(alert(.closeWaitLeak)?.peak ?? 0 >= 199)
    }

    // MARK: - The recorder

    @Test("Samples that are lost are critical, and over when they are written again")
    func lost() {
        run(3)
        for samples in 1...5 {
            simulation.lose(RecorderLoss(samples: samples, since: Simulation.start, cause: "there is no room"))
        }
        #expect(alert(.recorder)?.severity == .critical && alert(.recorder)?.message.contains("no room") == true)
        run(20)
        #expect(alert(.recorder)?.isOpen == false)
    }

    private func denied(_ counts: Int..., samples: Int = 20) {
        for count in counts { run(samples) { $0.sample.permissionDenied = count } }
    }

    @Test("A permission that a restart has cost is missed, and the next restart does not end that")
    func permissionOfRestart() {
        denied(0)
        simulation.restart()
        denied(30)
        #expect(alert(.recorder)?.subject.detail == "permission" && alert(.recorder)?.isOpen == true)
        simulation.restart()
        denied(28)
        // Nobody gets used to it either.
        denied(30, samples: 400)
        simulation.restart()
        denied(31)
        #expect(alert(.recorder)?.isOpen == true && simulation.alerts.count == 1)
        simulation.restart()
        denied(0)
        #expect(alert(.recorder)?.isOpen == false)
    }

    @Test("Processes that were always closed to it come and go, and more than that is a loss")
    func permissionLevel() {
        denied(20, 24, 29, 18, 26)
        simulation.restart()
        denied(25)
        #expect(simulation.alerts.isEmpty)
        denied(60)
        #expect(alert(.recorder)?.message.hasPrefix("60 processes cannot be looked into, which were 18 before") == true)
    }

    @Test("Missed samples and a permission that is gone")
    func missed() {
        run(40) { $0.sample.missed = $0.sample.number % 4 == 0 ? 1 : 0 }
        #expect(alert(.recorder)?.subject.detail == "missed_samples")
        run(20) { $0.sample.permissionDenied = 30 }
        #expect(alert(.recorder)?.subject.detail == "permission")
        let never = Simulation(every: 10_000)
        never.adjust = { $0.sample.permissionDenied = 30 }
        for _ in 0..<50 { never.sample() }
        #expect(never.alerts.isEmpty)
    }
}
