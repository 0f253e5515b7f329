import PortHistory
import PortModel
import Testing

@testable import PortAlerts

/// The rules about listeners.
@Suite struct ListenerRulesTests {
    private let simulation = Simulation(every: 10_000)

    private func run(_ samples: Int, _ adjust: @escaping (inout SampleFigures) -> Void = { _ in }) {
        simulation.adjust = adjust
        for _ in 0..<samples { simulation.sample() }
    }

    private func alert(_ rule: AlertRule) -> Alert? { simulation.alerts.last { $0.rule == rule } }

    private static let address = IPAddress(ipv4: 0)
    private static func listener(_ inode: UInt64, holder: Int = 7, uid: UInt32 = 33, _ address: IPAddress = address)
        -> SampleFigures.Listening.Listener
    { .init(address: address, inode: inode, holder: holder, uid: uid) }
    private static let other = PortOwner(
        pid: 88, startTicks: 1, startedAt: Simulation.start, command: "other", executable: "/opt/other")

    private func listening(
        _ listeners: [SampleFigures.Listening.Listener], gone: Int64? = nil, _ transport: TransportProtocol = .tcp,
        port: UInt16 = 8080
    ) {
        simulation.listeners = listeners
        run(1) { figures in
            let gone = gone.map { SampleFigures.Listening.Gone(listener: Self.listener(1), age: $0) }
            figures.listening = [
                .init(
                    namespace: 0, transport: transport, port: port, listeners: listeners, gone: gone.map { [$0] } ?? [])
            ]
        }
        simulation.adjust = { _ in }
    }

    @Test("A listener that was there for long and left, and one that comes back")
    func gone() {
        listening([], gone: 60_000)
        run(20)
        #expect(alert(.listenerGone) == nil)
        listening([], gone: 7_200_000)
        run(4)
        #expect(alert(.listenerGone) == nil)
        run(4)
        #expect(alert(.listenerGone)?.severity == .warning && alert(.listenerGone)?.owners == [Simulation.owner])
        simulation.restart()
        simulation.listeners = []
        run(20)
        #expect(alert(.listenerGone)?.isOpen == true)
        listening([Self.listener(2)])
        run(10)
        #expect(alert(.listenerGone)?.isOpen == false && simulation.alerts.count == 1)
    }

    @Test(
        "A socket on :: that stood beside one on 0.0.0.0 takes IPv6 alone, and is no stand-in for it",
        arguments: [true, false])
    func besideIPv6(stoodBeside: Bool) {
        let six = Self.listener(6, .anyIPv6)
        if stoodBeside { listening([Self.listener(1), six]) }
        listening([six], gone: 7_200_000)
        run(20)
        #expect((alert(.listenerGone)?.isOpen == true) == stoodBeside)
        listening([Self.listener(2), six])
        run(10)
        #expect(alert(.listenerGone)?.isOpen != true)
    }

    private func leaving(_ ports: Range<UInt16>, holder: (UInt16) -> Int) {
        simulation.listeners = []
        let gone = ports.map { port in
            SampleFigures.Listening(
                namespace: 0, transport: .tcp, port: port, listeners: [],
                gone: [.init(listener: Self.listener(UInt64(port), holder: holder(port)), age: 7_200_000)])
        }
        run(1) { $0.listening = gone }
        simulation.adjust = { _ in }
    }

    @Test("Listeners that one program lets go at once are one alert, which lasts until all are back")
    func goneTogether() throws {
        leaving(8000..<8020) { _ in 7 }
        run(10)
        let alert = try #require(self.alert(.listenerGone))
        #expect(simulation.alerts.count == 1 && alert.subject.local?.port == 8000)
        #expect(alert.message.hasPrefix("the 20 listeners of shop (pid 77, shop.service) on TCP 0.0.0.0:8000, "))
        #expect(alert.message.contains("TCP 0.0.0.0:8007 and 12 more have gone"))
        for port in 8000..<8019 as Range<UInt16> { listening([Self.listener(2)], port: port) }
        run(20)
        #expect(self.alert(.listenerGone)?.isOpen == true)
        #expect(self.alert(.listenerGone)?.message.contains("listener of shop") == true)
        listening([Self.listener(2)], port: 8019)
        run(10)
        #expect(self.alert(.listenerGone)?.isOpen == false && simulation.alerts.count == 1)
    }

    @Test("Hundreds of warnings of one rule keep no other alert from beginning, and none that is critical")
    func suppressed() {
        for holder in 100..<1000 { simulation.owners[holder] = Self.other }
        leaving(20_000..<20_520) { Int($0) - 19_900 }
        run(10)
        #expect(simulation.alerts.count { $0.rule == .listenerGone } == 200 && simulation.suppressed == 320)
        run(10) { $0.namespaces[0].tcpPool = BindPool(capacity: 1000, used: 900) }
        #expect(alert(.ephemeralPool)?.severity == .warning && simulation.suppressed == 320)
        simulation.sample { ports in
            for number in 0..<600 { ports[Simulation.destination(number), default: .init()].open = 990 }
        }
        #expect(simulation.alerts.count { $0.rule == .ephemeralExhaustion && $0.severity == .critical } == 600)
    }

    @Test(
        "A port that a wildcard goes on to serve is not gone, and one that it does not is",
        arguments: [
            ("127.0.0.1", "0.0.0.0", true), ("127.0.0.1", "::", true), ("0.0.0.0", "::", true), ("::1", "::", true),
            ("0.0.0.0", "127.0.0.1", false), ("::1", "0.0.0.0", false), ("::", "0.0.0.0", false),
            ("127.0.0.1", "127.0.0.2", false),
        ])
    func served(before: String, after: String, isServed: Bool) throws {
        let (before, after) = (try #require(IPAddress(before)), try #require(IPAddress(after)))
        // In the same sample, and in a later one.
        for isAtOnce in [true, false] {
            let simulation = Simulation(every: 10_000)
            let gone = SampleFigures.Listening.Gone(listener: Self.listener(1, before), age: 7_200_000)
            for step in isAtOnce ? [2] : [0, 1] {
                let listeners = step == 0 ? [] : [Self.listener(2, after)]
                simulation.adjust = { figures in
                    figures.listening = [
                        .init(
                            namespace: 0, transport: .tcp, port: 8080, listeners: listeners,
                            gone: step == 1 ? [] : [gone])
                    ]
                }
                simulation.sample()
            }
            simulation.adjust = { _ in }
            for _ in 0..<20 { simulation.sample() }
            #expect(simulation.alerts.isEmpty == isServed, "\(before) and \(after), at once: \(isAtOnce)")
        }
    }

    @Test("A restart within a minute is nothing")
    func restarted() {
        listening([], gone: 7_200_000)
        run(3)
        listening([Self.listener(2)])
        run(20)
        #expect(simulation.alerts.isEmpty)
    }

    @Test("Restarts within a minute are nothing, however many there are and however far apart")
    func restartedAgain() {
        for inode in 2...4 {
            listening([], gone: 7_200_000)
            run(3)
            listening([Self.listener(UInt64(inode))])
            run(360)
        }
        #expect(simulation.alerts.isEmpty)
    }

    @Test("What was wrong for a moment has to hold anew the next time")
    func holdsAnew() {
        for _ in 0..<3 {
            run(2) { figures in
                figures.namespaces[0].tcpPool = BindPool(capacity: 1000, used: 850)
                figures.namespaces[0].timeWaits = 220_000
            }
            run(30)
        }
        #expect(simulation.alerts.isEmpty)
    }

    private func stray(to remote: UInt16, holder: Int = 8) throws -> SampleFigures.Stray {
        simulation.owners[8] = Self.other
        let (local, peer) = (try #require(IPAddress("10.0.0.1")), try #require(IPAddress("10.0.0.9")))
        let row = SocketRow(
            table: .tcp, state: .established, local: Endpoint(local, 8080), remote: Endpoint(peer, remote))
        return .init(namespace: 0, row: row, holder: holder)
    }

    @Test("The port of a listener that has gone is given away, for as long as that connection stands")
    func stolen() throws {
        listening([], gone: 7_200_000)
        let (thief, second) = (try stray(to: 443), try stray(to: 444))
        simulation.strays = [thief]
        run(1) { $0.strays = [thief] }
        let alert = try #require(self.alert(.portStolen))
        #expect(alert.severity == .critical && alert.owners == [Self.other, Simulation.owner])
        #expect(alert.message.contains("10.0.0.1:8080 to 10.0.0.9:443"))
        simulation.strays = [thief, second]
        run(1) { $0.strays = [second] }
        // The newer one ends, the older one stays.
        simulation.strays = [thief]
        run(20)
        #expect(self.alert(.portStolen)?.isOpen == true)
        simulation.strays = []
        run(10)
        #expect(self.alert(.portStolen)?.isOpen == false && simulation.alerts.count { $0.rule == .portStolen } == 1)
    }

    @Test("A port stays stolen over a restart of the recorder, until the thief goes or the listener is back")
    func stolenBefore() throws {
        for isBack in [true, false] {
            let simulation = self.simulation
            listening([], gone: 7_200_000)
            let thief = try stray(to: 443)
            simulation.strays = [thief]
            run(1) { $0.strays = [thief] }
            simulation.restart()
            run(20)
            #expect(alert(.portStolen)?.isOpen == true)
            if isBack { listening([Self.listener(2)]) } else { simulation.strays = [] }
            run(10)
            #expect(alert(.portStolen)?.isOpen == false, "back: \(isBack)")
            simulation.restart(after: 3_600_000)
        }
    }

    @Test("Strangers on one port, and not one program's workers")
    func strangers() {
        listening([Self.listener(1), Self.listener(2)])
        run(20)
        #expect(simulation.alerts.isEmpty)
        simulation.owners[8] = Self.other
        listening([Self.listener(1), Self.listener(2, holder: 8)])
        run(20)
        #expect(alert(.listenConflict)?.subject.detail == "reuseport_strangers")
        listening([Self.listener(1)])
        run(20)
        #expect(alert(.listenConflict)?.isOpen == false && simulation.alerts.count == 1)
    }

    @Test("A specific address before another program's wildcard")
    func shadowed() throws {
        simulation.owners[8] = Self.other
        let specific = try #require(IPAddress("10.0.0.1"))
        listening([Self.listener(1), Self.listener(2, holder: 8, specific)])
        run(20)
        #expect(alert(.listenConflict)?.subject.detail == "shadowed_listener")
        #expect(alert(.listenConflict)?.subject.local?.address == specific)
    }

    @Test("UDP sockets of strangers, but not on the ports of multicast")
    func datagrams() {
        simulation.owners[8] = Self.other
        listening([Self.listener(1), Self.listener(2, holder: 8)], .udp, port: 5353)
        run(20)
        #expect(simulation.alerts.isEmpty)
        listening([Self.listener(1), Self.listener(2, holder: 8)], .udp, port: 514)
        run(20)
        #expect(alert(.listenConflict)?.subject.detail == "udp_shared")
    }

    @Test("A listener whose queue stays full is named, and not one that had a burst")
    func fullQueue() throws {
        let queue = SampleFigures.FullQueue(local: Endpoint(Self.address, 8080), inode: 2, length: 129, limit: 128)
        simulation.listeners = [Self.listener(1, holder: 9), Self.listener(2)]
        for _ in 0..<5 {
            run(1) { $0.fullQueues = [queue] }
            run(3)
        }
        run(4) { $0.fullQueues = [queue] }
        #expect(simulation.alerts.isEmpty)
        run(2) { $0.fullQueues = [queue] }
        let alert = try #require(self.alert(.acceptQueue))
        #expect(alert.subject.local == queue.local && alert.owners == [Simulation.owner] && alert.unit == "sockets")
        #expect(alert.message.contains("TCP 0.0.0.0:8080 is full: 129 connections wait, and its limit is 128"))
        run(10)
        #expect(self.alert(.acceptQueue)?.isOpen == false && simulation.alerts.count == 1)
    }
}
