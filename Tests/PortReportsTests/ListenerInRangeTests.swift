import PortHistory
import PortModel
import Testing

@testable import PortReports

struct ListenerInRangeTests {
    @Test("a listener in the range that is not reserved is at risk")
    func atRisk() throws {
        var story = ConflictStory(limits: .range(32768, 60999, reserved: "33000-33010"))
        let java = story.program("java", pid: 8)
        story.listener("0.0.0.0:40000", java, 1...100)
        let found = try #require(story.findings(.listenerInRange).first)
        #expect((found.first, found.last, found.occurrences, found.severity) == (1, 100, 1, .warning))
        #expect(found.remedies.contains("sysctl -w net.ipv4.ip_local_reserved_ports=33000-33010,40000"))
        #expect(found.remedies.contains { $0.contains("outside 32768-60999") })
        #expect(found.explanation.contains("java (pid 8) listens on 0.0.0.0:40000"))
        #expect(story.findings().count == 1)
    }

    @Test("reserved ports, ports outside the range, UDP and connections are not")
    func safe() {
        var story = ConflictStory(limits: .range(32768, 60999, reserved: "40000"))
        let java = story.program("java")
        story.listener("0.0.0.0:40000", java, 1...100)
        story.listener("0.0.0.0:32767", java, 1...100)
        story.listener("[::]:61000", java, 1...100)
        story.datagram("0.0.0.0:45000", java, 1...100)
        story.connection("10.0.0.1:45000", "10.0.0.2:80", .outgoing, java, 1...100)
        #expect(story.findings().isEmpty)
    }

    @Test("the limits of the time decide")
    func changes() throws {
        var story = ConflictStory(limits: .range(32768, 60999))
        story.limits.append(LimitsChange(sample: 30, namespace: 0, limits: .range(32768, 60999, reserved: "40000")))
        story.limits.append(LimitsChange(sample: 60, namespace: 0, limits: .range(32768, 60999)))
        story.limits.append(LimitsChange(sample: 80, namespace: 0, limits: .range(50000, 60999)))
        let java = story.program("java")
        story.listener("0.0.0.0:40000", java, 10...100)
        let found = try #require(story.findings(.listenerInRange).first)
        #expect((found.first, found.last, found.occurrences) == (10, 79, 2))
        #expect(found.remedies.isEmpty, "the port is safe now")
    }

    @Test("listeners of another namespace have that one's limits")
    func namespaces() {
        var story = ConflictStory(limits: .range(50000, 60999))
        story.limits.append(LimitsChange(sample: 1, namespace: 1, limits: .range(32768, 60999)))
        let java = story.program("java")
        story.listener("0.0.0.0:40000", java, 10...100)
        #expect(story.findings().isEmpty)
    }

    @Test("a listener that came and went is counted as often as it came")
    func occurrences() throws {
        var story = ConflictStory()
        let java = story.program("java")
        story.listener("0.0.0.0:40000", java, 1...10)
        story.listener("0.0.0.0:40000", java, 20...30)
        #expect(try #require(story.findings(.listenerInRange).first).occurrences == 2)
    }
}
