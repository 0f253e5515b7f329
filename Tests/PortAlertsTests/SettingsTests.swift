import PortModel
import Testing

@testable import PortAlerts

/// Overrides and silences.
@Suite struct SettingsTests {
    private func run(_ configuration: AlertConfiguration, used: Int, seconds: Int = 60) -> Simulation {
        let simulation = Simulation(configuration)
        for _ in 0..<seconds { simulation.open(used) }
        return simulation
    }

    private static func match(_ change: (inout AlertMatch) -> Void) -> AlertMatch {
        var match = AlertMatch()
        match.rule = .ephemeralExhaustion
        change(&match)
        return match
    }

    private static let fitting = [
        match { _ in }, match { $0.destination = Endpoint(Simulation.destination(1).remote, 5432) },
        match { $0.destination = Endpoint(Simulation.destination(1).remote, 0) }, match { $0.port = 5432 },
        match { $0.program = "shop" }, match { $0.program = "/usr/bin/shop" }, match { $0.unit = "shop.service" },
        match { $0.namespace = "host" },
    ]
    private static let others = [
        match { $0.rule = .slowConnect }, match { $0.destination = Endpoint(Simulation.destination(2).remote, 0) },
        match { $0.port = 80 }, match { $0.program = "sho" }, match { $0.unit = "shop" },
        match { $0.namespace = "web" },
    ]

    @Test("An override counts for what fits it", arguments: fitting)
    func fits(match: AlertMatch) {
        var configuration = AlertConfiguration()
        var override = AlertConfiguration.Override(name: "it", match: match)
        override.warning = 0.3
        configuration.overrides = [override]
        #expect(run(configuration, used: 350).alerts.map(\.severity) == [.warning])
        configuration.overrides[0].warning = nil
        configuration.overrides[0].isEnabled = false
        #expect(run(configuration, used: 900).alerts.allSatisfy { $0.rule != .ephemeralExhaustion })
    }

    @Test("An override switches on what is off, also where nothing else looks at destinations")
    func switchedOn() {
        var configuration = AlertConfiguration()
        for rule in [AlertRule.ephemeralExhaustion, .slowConnect] { configuration.rules[rule]?.isEnabled = false }
        #expect(run(configuration, used: 960).alerts.isEmpty)
        var override = AlertConfiguration.Override(name: "it", match: Self.fitting[1])
        override.isEnabled = true
        configuration.overrides = [override]
        #expect(run(configuration, used: 960).alerts.map(\.rule) == [.ephemeralExhaustion])
    }

    @Test("An override counts for nothing else", arguments: others)
    func doesNotFit(match: AlertMatch) {
        var configuration = AlertConfiguration()
        var override = AlertConfiguration.Override(name: "it", match: match)
        override.warning = 0.3
        configuration.overrides = [override]
        #expect(run(configuration, used: 350).alerts.allSatisfy { $0.rule != .ephemeralExhaustion })
    }

    @Test("A silenced alert is recorded and not told, until the silence ends")
    func silence() {
        var configuration = AlertConfiguration()
        let end = Simulation.start + 1_000_000 + 300_000
        configuration.silences = [.init(name: "night", match: Self.fitting[0], until: end)]
        let simulation = run(configuration, used: 960, seconds: 200)
        let told = { simulation.events.filter { $0.alert.rule == .ephemeralExhaustion } }
        #expect(simulation.alerts.contains { $0.rule == .ephemeralExhaustion && $0.isSilenced } && told().isEmpty)
        for _ in 0..<200 { simulation.open(960) }
        #expect(told().map(\.kind) == [.opened] && told()[0].alert.times == 1)
        #expect(simulation.alerts.allSatisfy { !$0.isSilenced })
    }

    @Test(
        "Whoever was told that it began is told that it is over, also in a silence; that it became worse comes after it"
    )
    func silencedMeanwhile() {
        for isEndedFirst in [true, false] {
            var configuration = AlertConfiguration()
            let simulation = run(configuration, used: 850)
            let told = { simulation.events.filter { $0.alert.rule == .ephemeralExhaustion }.map(\.kind) }
            #expect(told() == [.opened])
            let end = simulation.now.wall + 300_000
            configuration.silences = [.init(name: "night", match: Self.fitting[0], until: end)]
            simulation.set(configuration)
            for _ in 0..<100 { simulation.open(960) }
            #expect(told() == [.opened])
            if isEndedFirst {
                for _ in 0..<100 { simulation.open(1) }
                #expect(told() == [.opened, .resolved])
            } else {
                for _ in 0..<250 { simulation.open(960) }
                #expect(told() == [.opened, .worsened])
            }
            #expect(simulation.alerts.allSatisfy { !$0.isSilenced || $0.rule != .ephemeralExhaustion })
        }
    }

    @Test("What begins and ends within a silence is not told at all")
    func silent() {
        var configuration = AlertConfiguration()
        configuration.silences = [
            .init(name: "long", match: AlertMatch(), until: Simulation.start + 1_000_000_000)
        ]
        let simulation = run(configuration, used: 960)
        for _ in 0..<200 { simulation.open(1) }
        #expect(simulation.events.isEmpty && simulation.alerts.contains { !$0.isOpen })
    }

    @Test("A unit in a container is not the host's of that name")
    func contained() {
        var shop = AlertMatch()
        shop.unit = "shop.service"
        let subject = AlertSubject(.program, namespace: "host", detail: "1/1")
        func owner(_ unit: String, container: String? = nil) -> PortOwner {
            PortOwner(
                pid: 1, startTicks: 1, startedAt: Timestamp(milliseconds: 0), command: "shop", unit: unit,
                container: container)
        }
        #expect(shop.matches(.closeWaitLeak, subject, [owner("shop.service")]))
        #expect(!shop.matches(.closeWaitLeak, subject, [owner("shop.service", container: "web")]))
        #expect(!shop.matches(.closeWaitLeak, subject, [owner("user@1000.service/shop.service")]))
        shop.unit = "user@1000.service/shop.service"
        #expect(shop.matches(.closeWaitLeak, subject, [owner("user@1000.service/shop.service")]))
    }

    @Test("Switched off, nothing is looked at")
    func off() {
        var configuration = AlertConfiguration()
        configuration.isEnabled = false
        #expect(run(configuration, used: 999).alerts.isEmpty)
    }

    @Test("What went on while alerts were switched off is no alert when they are on again")
    func switchedOnAgain() {
        var configuration = AlertConfiguration()
        let simulation = run(configuration, used: 500)
        configuration.isEnabled = false
        simulation.set(configuration)
        for _ in 0..<100 { simulation.open(900) }
        for _ in 0..<100 { simulation.open(1) }
        configuration.isEnabled = true
        simulation.set(configuration)
        for _ in 0..<200 { simulation.open(1) }
        #expect(!simulation.alerts.contains { $0.isOpen })
    }

    @Test("An override that switches a rule off ends its alert")
    func overridden() {
        var configuration = AlertConfiguration()
        let simulation = run(configuration, used: 960)
        #expect(simulation.alerts.contains { $0.rule == .ephemeralExhaustion && $0.isOpen })
        var override = AlertConfiguration.Override(name: "it", match: AlertMatch())
        override.match.unit = "shop.service"
        override.isEnabled = false
        configuration.overrides = [override]
        simulation.set(configuration)
        for _ in 0..<200 { simulation.open(960) }
        #expect(!simulation.alerts.contains { $0.rule == .ephemeralExhaustion && $0.isOpen })
    }

    @Test("Switched off while an alert lasts, it ends; so it does when its rule alone is switched off")
    func switchedOff() {
        for isRuleAlone in [false, true] {
            var configuration = AlertConfiguration()
            let simulation = run(configuration, used: 999)
            #expect(simulation.alerts.contains { $0.rule == .ephemeralExhaustion && $0.isOpen })
            if isRuleAlone {
                configuration.rules[.ephemeralExhaustion, default: .standard(.ephemeralExhaustion)].isEnabled = false
            } else {
                configuration.isEnabled = false
            }
            simulation.set(configuration)
            for _ in 0..<200 { simulation.open(999) }
            #expect(!simulation.alerts.contains { $0.rule == .ephemeralExhaustion && $0.isOpen })
            #expect(simulation.events.last { $0.alert.rule == .ephemeralExhaustion }?.kind == .resolved)
        }
    }
}
