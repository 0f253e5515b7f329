import PortHistory
import PortModel
import Testing

@testable import PortReports

struct PortStolenTests {
    @Test("an outgoing connection on the port of a listener that has gone is a theft, critical while it lasts")
    func lasting() throws {
        var story = ConflictStory()
        let nginx = story.program("nginx", pid: 77, unit: "nginx.service")
        let curl = story.program("curl", pid: 9)
        story.listener("0.0.0.0:40000", nginx, 1...10)
        story.connection("10.0.0.1:40000", "10.0.0.9:443", .outgoing, curl, 12...100)
        let theft = try #require(story.findings(.portStolen).first)
        #expect(story.findings(.portStolen).count == 1)
        #expect(theft.severity == .critical)
        #expect(theft.key.local == endpoint("0.0.0.0:40000"))
        #expect((theft.first, theft.last, theft.occurrences) == (12, 100, 1))
        #expect(theft.parties.map(\.newest.holder) == [curl, nginx], "the thief first, then the listener")
        let start = "curl (pid 9) holds the connection from 10.0.0.1:40000 to 10.0.0.9:443 on the port of "
        #expect(
            theft.explanation.hasPrefix(
                start + "nginx (pid 77, nginx.service), whose listener on 0.0.0.0:40000 has gone"))
        #expect(theft.remedies.contains("sysctl -w net.ipv4.ip_local_reserved_ports=40000"))
        #expect(theft.remedies.contains("systemctl restart nginx.service"))
        #expect(theft.remedies.contains("ss -K dst 10.0.0.9 dport = 443 sport = 40000"))
    }

    @Test("the listener's return ends the episode, and the theft is a warning")
    func returned() throws {
        var story = ConflictStory()
        let nginx = story.program("nginx")
        let curl = story.program("curl")
        story.listener("0.0.0.0:40000", nginx, 1...10)
        story.connection("10.0.0.1:40000", "10.0.0.9:443", .outgoing, curl, 12...20)
        story.listener("0.0.0.0:40000", nginx, 30...50)
        story.connection("10.0.0.1:40000", "10.0.0.9:443", .outgoing, curl, 55...60)
        story.listener("0.0.0.0:40000", nginx, 70...100)
        let theft = try #require(story.findings(.portStolen).first)
        #expect(theft.severity == .warning)
        #expect((theft.first, theft.last, theft.occurrences) == (12, 60, 2))
        #expect(!theft.remedies.contains { $0.hasPrefix("ss -K") || $0.hasPrefix("systemctl") })
    }

    @Test("the TIME_WAIT of an outgoing connection holds the port too")
    func timeWait() throws {
        var story = ConflictStory()
        let nginx = story.program("nginx")
        let curl = story.program("curl")
        story.listener("0.0.0.0:40000", nginx, 1...20)
        story.connection("10.0.0.1:40000", "10.0.0.9:443", .outgoing, curl, 30...39)
        story.connection(
            "10.0.0.1:40000", "10.0.0.9:443", .outgoing, curl, 40...100, state: .timeWait, socketFirst: 30)
        let theft = try #require(story.findings(.portStolen).first)
        #expect((theft.first, theft.last, theft.occurrences) == (30, 100, 1))
        #expect(theft.parties.count == 2, "one socket, whatever its states")
        #expect(theft.parties.first?.newest.state == .timeWait)
        #expect(theft.remedies.first?.contains("TIME_WAIT") == true)
    }

    @Test("a TIME_WAIT that is all there is of the connection is enough")
    func onlyTimeWait() throws {
        var story = ConflictStory()
        let nginx = story.program("nginx")
        let nobody = story.unknown(uid: nil)
        story.listener("0.0.0.0:40000", nginx, 1...20)
        story.connection("10.0.0.1:40000", "10.0.0.9:443", .outgoing, nobody, 30...36, state: .timeWait)
        let theft = try #require(story.findings(.portStolen).first)
        #expect(theft.severity == .warning)
        #expect(theft.explanation.contains("unknown program"))
    }

    @Test("a thief whose owner nobody knows is a thief")
    func unknownThief() throws {
        var story = ConflictStory()
        let nginx = story.program("nginx")
        let nobody = story.unknown(uid: 33)
        story.listener("0.0.0.0:40000", nginx, 1...20)
        story.connection("10.0.0.1:40000", "10.0.0.9:443", .outgoing, nobody, 30...100)
        let theft = try #require(story.findings(.portStolen).first)
        #expect(theft.explanation.hasPrefix("An unknown program of user 33"))
    }

    @Test("accepted connections, other addresses and other ports steal nothing")
    func harmless() {
        var story = ConflictStory()
        let nginx = story.program("nginx")
        let curl = story.program("curl")
        story.listener("127.0.0.1:40000", nginx, 1...10)
        story.connection("127.0.0.1:40000", "127.0.0.1:5", .accepted, nginx, 5...100)
        story.connection("10.0.0.1:40000", "10.0.0.9:443", .outgoing, curl, 12...100)
        story.connection("127.0.0.1:40001", "10.0.0.9:443", .outgoing, curl, 12...100)
        #expect(story.findings(.portStolen).isEmpty)
    }

    @Test("while a listener covers the address nothing is stolen")
    func replaced() {
        var story = ConflictStory()
        let nginx = story.program("nginx")
        let curl = story.program("curl")
        story.listener("10.0.0.1:40000", nginx, 1...10)
        story.listener("0.0.0.0:40000", nginx, 11...100)
        story.connection("10.0.0.1:40000", "10.0.0.9:443", .outgoing, curl, 50...100)
        #expect(story.findings(.portStolen).isEmpty)
    }

    @Test("an outgoing connection that ends before the listener does steals nothing")
    func before() {
        var story = ConflictStory()
        let nginx = story.program("nginx")
        let curl = story.program("curl")
        story.connection("10.0.0.1:40000", "10.0.0.9:443", .outgoing, curl, 1...10)
        story.listener("0.0.0.0:40000", nginx, 20...30)
        #expect(story.findings(.portStolen).isEmpty)
    }

    @Test("a listener that was seen before the period counts, and the times are the period's")
    func beforeThePeriod() throws {
        var story = ConflictStory(period: 50...100)
        let nginx = story.program("nginx")
        let curl = story.program("curl")
        story.listener("0.0.0.0:40000", nginx, 1...10)
        story.connection("10.0.0.1:40000", "10.0.0.9:443", .outgoing, curl, 12...70)
        let theft = try #require(story.findings(.portStolen).first)
        #expect((theft.first, theft.last) == (50, 70))
    }

    @Test("a mapped address is the IPv4 address")
    func mapped() throws {
        var story = ConflictStory()
        let java = story.program("java")
        let curl = story.program("curl")
        story.listener("10.0.0.1:40000", java, 1...10, mapped: true)
        story.connection("10.0.0.1:40000", "10.0.0.9:443", .outgoing, curl, 12...100)
        story.listener("[::]:41000", java, 1...10)
        story.connection("10.0.0.1:41000", "10.0.0.9:443", .outgoing, curl, 12...100, mapped: true)
        #expect(story.findings(.portStolen).map(\.key.local) == [endpoint("10.0.0.1:40000"), endpoint("[::]:41000")])
    }

    @Test("an IPv6 wildcard that stood beside IPv4's loses nothing to IPv4: it may have been IPV6_V6ONLY")
    func v6only() throws {
        var story = ConflictStory()
        let nginx = story.program("nginx")
        let curl = story.program("curl")
        story.listener("0.0.0.0:40000", nginx, 1...10)
        story.listener("[::]:40000", nginx, 1...10)
        story.connection("10.0.0.1:40000", "10.0.0.9:443", .outgoing, curl, 12...100)
        #expect(story.findings(.portStolen).map(\.key.local) == [endpoint("0.0.0.0:40000")])
        story.connection("[fd00::1]:40000", "[fd00::2]:443", .outgoing, curl, 12...100)
        #expect(story.findings(.portStolen).count == 2)
    }

    @Test("IPv4's wildcard is stolen from beside another program's IPv6 wildcard that stays")
    func besideV6only() {
        var story = ConflictStory()
        let nginx = story.program("nginx")
        let other = story.program("other", uid: 5)
        let curl = story.program("curl")
        story.listener("0.0.0.0:40000", nginx, 1...10)
        story.listener("[::]:40000", other, 1...100)
        story.connection("10.0.0.1:40000", "10.0.0.9:443", .outgoing, curl, 12...100)
        #expect(story.findings(.portStolen).map(\.key.local) == [endpoint("0.0.0.0:40000")])
    }

    @Test("what a bind() needs depends on who chose the port: the kernel in its range, the program outside")
    func exception() throws {
        var story = ConflictStory()
        let web = story.program("web")
        let curl = story.program("curl")
        for port in [8080, 40000] {
            story.listener("10.0.0.1:\(port)", web, 1...10)
            story.connection("10.0.0.1:\(port)", "10.0.0.9:443", .outgoing, curl, 12...100)
        }
        let thefts = story.findings(.portStolen)
        #expect(thefts.map(\.key.local.port) == [8080, 40000])
        #expect(thefts.first?.explanation.hasSuffix("unless both sockets set SO_REUSEADDR.") == true)
        #expect(thefts.last?.explanation.hasSuffix("SO_REUSEADDR or not.") == true)
        #expect(thefts.first?.remedies.contains { $0.contains("reserved_ports") } == false, "nothing to reserve")
    }

    @Test("several thieves are one conflict, the newest first")
    func several() throws {
        var story = ConflictStory()
        let nginx = story.program("nginx")
        let curl = story.program("curl", pid: 1)
        let wget = story.program("wget", pid: 2)
        story.listener("0.0.0.0:40000", nginx, 1...10)
        story.connection("10.0.0.1:40000", "10.0.0.9:443", .outgoing, curl, 12...60)
        story.connection("10.0.0.1:40000", "10.0.0.8:443", .outgoing, wget, 14...100)
        let theft = try #require(story.findings(.portStolen).first)
        #expect(theft.parties.map(\.newest.holder) == [wget, curl, nginx])
        #expect(theft.occurrences == 1)
    }

    @Test("more thieves than can be shown are counted, and the listener is still there")
    func many() throws {
        var story = ConflictStory()
        let nginx = story.program("nginx")
        let curl = story.program("curl")
        story.listener("0.0.0.0:40000", nginx, 1...10)
        for remote in 1...50 {
            story.connection("10.0.0.1:40000", "10.0.0.9:\(remote)", .outgoing, curl, 12...60)
        }
        let theft = try #require(story.findings(.portStolen).first)
        #expect(theft.parties.count == 11)
        #expect(theft.partiesOmitted == 40)
        #expect(theft.parties.last?.newest.holder == nginx)
    }

    @Test("reserving keeps the list in force and covers the other listeners at risk")
    func reserving() throws {
        var story = ConflictStory(limits: .range(32768, 60999, reserved: "33000-33010,50000"))
        let nginx = story.program("nginx")
        let curl = story.program("curl")
        story.listener("0.0.0.0:40000", nginx, 1...10)
        story.listener("0.0.0.0:45000", nginx, 1...100)
        story.listener("0.0.0.0:50000", nginx, 1...100)
        story.listener("0.0.0.0:80", nginx, 1...100)
        story.connection("10.0.0.1:40000", "10.0.0.9:443", .outgoing, curl, 12...60)
        let theft = try #require(story.findings(.portStolen).first)
        #expect(
            theft.remedies.contains("sysctl -w net.ipv4.ip_local_reserved_ports=33000-33010,40000,45000,50000"))
    }
}
