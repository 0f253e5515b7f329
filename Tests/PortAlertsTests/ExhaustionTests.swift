import PortModel
import Testing

@testable import PortAlerts

/// `ephemeral_exhaustion` in simulated time.
@Suite struct ExhaustionTests {
    private func exhaustions(_ simulation: Simulation) -> [Alert] {
        simulation.alerts.filter { $0.rule == .ephemeralExhaustion }
    }

    /// A ramp from nothing to the end, and when it was seen to be critical: the share in use at that sample.
    @Test(
        "A leak is critical before the end, whenever two samples fit between 80 % and the end",
        arguments: [1, 2, 5, 10, 20, 50, 90, 95, 99])
    func leak(step: Int) throws {
        let simulation = Simulation()
        var used = 0
        while used + step < 1000, exhaustions(simulation).first?.severity != .critical {
            used += step
            simulation.open(used)
        }
        let alert = try #require(exhaustions(simulation).first)
        #expect(alert.severity == .critical, "step \(step)")
        #expect(alert.subject == Simulation.subject(1) && alert.owners == [Simulation.owner])
        #expect(alert.message.contains("from 10.0.0.1 to 10.0.1.1:5432") && alert.message.contains("shop (pid 77"))
    }

    @Test("A burst after a long rest is critical in time", arguments: [(82, 9), (81, 10), (85, 8), (80, 19)])
    func burst(first: Int, step: Int) throws {
        let simulation = Simulation()
        for _ in 0..<200 { simulation.open(3) }
        var used = first * 10
        while used < 1000 {
            simulation.open(used)
            used += step * 10
        }
        #expect(exhaustions(simulation).first?.severity == .critical)
    }

    @Test("Churn whose TIME_WAITs exceed the ports is critical before the end", arguments: [17, 20, 30, 60, 90])
    func churn(rate: Int) throws {
        let simulation = Simulation()
        var used = 0
        while used + rate < 1000, exhaustions(simulation).first?.severity != .critical {
            used += rate
            simulation.churn(rate)
        }
        #expect(exhaustions(simulation).first?.severity == .critical, "\(rate) a second")
    }

    @Test("What is told is the worst, also of a peak that lasts")
    func plateau() {
        let simulation = Simulation()
        for _ in 0..<60 { simulation.open(820) }
        for _ in 0..<3 { simulation.open(960) }
        for _ in 0..<60 { simulation.open(1000) }
        #expect(exhaustions(simulation).first?.message.hasPrefix("1000 of 1000 ports") == true)
    }

    @Test("Churn that comes to rest below the limit is no alert", arguments: [2, 5, 8, 10, 12])
    func equilibrium(rate: Int) {
        let simulation = Simulation()
        for _ in 0..<600 { simulation.churn(rate) }
        #expect(exhaustions(simulation).isEmpty, "\(rate) a second")
    }

    @Test(
        "From 70 % on the forecast of a steady ramp is within a quarter of the time left",
        arguments: [(1, 1000), (2, 1000), (5, 1000), (20, 1000), (5, 10_000), (20, 10_000), (1, 10_000)])
    func forecast(step: Int, interval: Int) throws {
        let simulation = Simulation(every: Int64(interval))
        var used = 0
        var told = 0
        while used + step < 1000 {
            used += step
            simulation.open(used)
            guard used >= 700, let time = exhaustions(simulation).first?.exhaustedAt else { continue }
            let left = Double((1000 - used) / step * interval)
            // What is written may be some seconds old.
            let found = Double(time - simulation.now.wall)
            #expect(abs(found - left) <= max(left / 4, Double(interval)), "\(used): \(found) instead of \(left)")
            told += 1
        }
        #expect(told > 10)
    }

    @Test(
        "Connections that go up and down around a threshold for an hour are one alert", arguments: [20, 60, 300, 900])
    func oscillation(period: Int) {
        let simulation = Simulation()
        for second in 0..<3600 {
            let phase = Double(second % period) / Double(period)
            simulation.open(800 + Int(60 * (phase < 0.5 ? phase * 4 - 1 : 3 - phase * 4)))
        }
        #expect(exhaustions(simulation).count == 1)
        let turns = simulation.events.filter { $0.alert.rule == .ephemeralExhaustion }
        #expect(turns.count { $0.kind == .opened } == 1, "\(turns.map(\.kind))")
    }

    /// Up and down, beginning with the highest.
    private static func swing(_ second: Int, _ period: Int, from low: Int, to high: Int) -> Int {
        let phase = Double(second % period) / Double(period)
        return low + Int(Double(high - low) * abs(1 - 2 * phase))
    }

    @Test(
        "A pool that swings below the warning is nothing",
        arguments: [(20, 520, 570), (20, 550, 750), (60, 550, 750), (300, 550, 750), (600, 600, 790)])
    func swinging(period: Int, low: Int, high: Int) {
        let simulation = Simulation()
        for second in 0..<1500 {
            let noise = (second * 7919) % 14 - 7
            simulation.open(Self.swing(second, period, from: low, to: high) + noise)
        }
        #expect(exhaustions(simulation).isEmpty)
    }

    @Test("So is one whose first swing is seen from its beginning, where it does not last", arguments: [5, 10])
    func firstSwing(step: Int) {
        let simulation = Simulation()
        for _ in 0..<30 { simulation.open(520) }
        for second in 0..<800 {
            simulation.open(Self.swing(second + 50 / step, 100 / step, from: 520, to: 570))
        }
        #expect(exhaustions(simulation).isEmpty)
    }

    @Test("Swings that grow are a rise when they come where they have not been")
    func growing() throws {
        let simulation = Simulation()
        for second in 0..<600 { simulation.open(Self.swing(second, 60, from: 520, to: 600)) }
        var used = 560
        while exhaustions(simulation).isEmpty, used < 1000 {
            used += 1
            simulation.open(used)
        }
        #expect(used < 790 && exhaustions(simulation).first?.severity == .critical)
    }

    @Test("What comes and goes for an hour is one story, with a longer rest each time")
    func flapping() {
        let simulation = Simulation()
        for second in 0..<3600 { simulation.open(second % 300 < 60 ? 850 : 100) }
        #expect(exhaustions(simulation).count == 1)
        #expect(simulation.events.count { $0.kind == .opened && $0.alert.rule == .ephemeralExhaustion } <= 4)
    }

    @Test("An alert opens, becomes worse, has a peak and ends")
    func story() throws {
        let simulation = Simulation()
        for _ in 0..<60 { simulation.open(820) }
        for _ in 0..<60 { simulation.open(960) }
        for _ in 0..<300 { simulation.open(10) }
        let alert = try #require(exhaustions(simulation).first)
        #expect(exhaustions(simulation).count == 1 && alert.severity == .critical && alert.times == 1)
        #expect(alert.worsenedAt ?? alert.openedAt > alert.openedAt && alert.peak == 0.96)
        #expect(alert.peakAt > alert.openedAt && alert.resolvedAt != nil && alert.exhaustedAt == nil)
        let turns = simulation.events.filter { $0.alert.rule == .ephemeralExhaustion }.map(\.kind)
        #expect(turns == [.opened, .worsened, .resolved])
    }

    @Test("A restart neither opens it again nor forgets it")
    func restart() throws {
        let simulation = Simulation()
        for _ in 0..<60 { simulation.open(850) }
        simulation.restart()
        for _ in 0..<600 { simulation.open(850) }
        #expect(exhaustions(simulation).count == 1 && exhaustions(simulation).first?.isOpen == true)
        #expect(simulation.events.count { $0.alert.rule == .ephemeralExhaustion } == 1)
        simulation.restart(after: 600_000)
        // It has ended meanwhile: that is only seen, and told, after the rest.
        for _ in 0..<50 { simulation.open(10) }
        #expect(exhaustions(simulation).first?.isOpen == true)
        for _ in 0..<30 { simulation.open(10) }
        #expect(exhaustions(simulation).first?.isOpen == false && exhaustions(simulation).count == 1)
        simulation.restart()
        for _ in 0..<60 { simulation.open(850) }
        #expect(exhaustions(simulation).count == 1 && exhaustions(simulation).first?.times == 2)
    }

    @Test("What stands high when the recorder starts is seen at once")
    func start() {
        let simulation = Simulation()
        simulation.open(970)
        #expect(exhaustions(simulation).first?.severity == .critical)
    }

    @Test("Fifty destinations at 40 % are nothing")
    func healthy() {
        let simulation = Simulation()
        for second in 0..<600 {
            simulation.sample { ports in
                for number in 0..<50 {
                    ports[Simulation.destination(number), default: .init()].open =
                        min(400, second * 40) + (second + number) % 7
                }
            }
        }
        #expect(simulation.alerts.isEmpty, "\(simulation.alerts.map(\.message))")
    }

    @Test("No port of the first parity is a warning of its own, after a while")
    func slow() {
        let simulation = Simulation()
        for _ in 0..<120 { simulation.open(520) }
        #expect(simulation.alerts.map(\.rule) == [.slowConnect] && simulation.alerts[0].severity == .warning)
        for _ in 0..<120 { simulation.open(400) }
        #expect(simulation.alerts.first?.isOpen == false)
    }

    // MARK: - Whose they are

    private static let other = PortOwner(
        pid: 88, startTicks: 1, startedAt: Simulation.start, command: "cron", executable: "/usr/bin/cron",
        unit: "cron.service")

    @Test("It names who has most of the ports first, and not who connected last")
    func owners() throws {
        let simulation = Simulation()
        simulation.owners[8] = Self.other
        // Another holder of the same process.
        simulation.owners[9] = Simulation.owner
        simulation.holders = [7: 300, 8: 301, 9: 300, 0: 70]
        for _ in 0..<40 { simulation.open(971) }
        let alert = try #require(exhaustions(simulation).first)
        #expect(alert.owners == [Simulation.owner, Self.other])
        #expect(alert.message.contains("used by shop (pid 77 and 1 more"))
    }

    @Test("Settings by program and unit are those of who has most of the ports", arguments: ["shop", "cron"])
    func ownersOfSettings(program: String) {
        var configuration = AlertConfiguration()
        var override = AlertConfiguration.Override(name: "it", match: AlertMatch())
        override.match.program = program
        override.isEnabled = false
        configuration.overrides = [override]
        let simulation = Simulation(configuration)
        simulation.owners[8] = Self.other
        simulation.holders = [7: 900, 8: 50]
        for _ in 0..<100 { simulation.open(950) }
        #expect(exhaustions(simulation).isEmpty == (program == "shop"))
    }

    @Test("Who has the ports is asked where it is told or settings depend on it, and then now and then")
    func questions() {
        let quiet = Simulation()
        for _ in 0..<200 { quiet.open(490) }
        #expect(quiet.questions == 0)
        for _ in 0..<200 { quiet.open(850) }
        #expect(quiet.questions <= 2)
        var configuration = AlertConfiguration()
        var override = AlertConfiguration.Override(name: "it", match: AlertMatch())
        override.match.program = "cron"
        configuration.overrides = [override]
        let asking = Simulation(configuration)
        for _ in 0..<200 { asking.open(790) }
        #expect((1...8).contains(asking.questions))
    }
}
