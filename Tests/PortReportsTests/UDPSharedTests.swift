import PortHistory
import PortModel
import Testing

@testable import PortReports

struct UDPSharedTests {
    @Test("several sockets of one program and user are an information")
    func workers() throws {
        var story = ConflictStory()
        let dns = story.program("dnsd", pid: 3)
        for _ in 1...4 { story.datagram("0.0.0.0:53", dns, 1...100) }
        let found = try #require(story.findings(.udpShared).first)
        #expect((found.first, found.last, found.occurrences, found.severity) == (1, 100, 1, .info))
        #expect(found.parties.count == 4)
        #expect(found.explanation.contains("4 UDP sockets share 0.0.0.0:53, of dnsd (pid 3)"))
        #expect(story.findings().count == 1)
    }

    @Test("sockets of several programs or users are a warning")
    func strangers() {
        var story = ConflictStory()
        let avahi = story.program("avahi", pid: 1, uid: 1)
        let chrome = story.program("chrome", pid: 2, uid: 1)
        let other = story.program("avahi", pid: 3, uid: 2)
        story.datagram("0.0.0.0:5353", avahi, 1...100)
        story.datagram("0.0.0.0:5353", chrome, 50...60)
        story.datagram("10.0.0.1:5353", avahi, 1...100)
        story.datagram("10.0.0.1:5353", other, 50...60)
        #expect(story.findings(.udpShared).map(\.severity) == [.warning, .warning])
    }

    @Test("one socket, sockets on different addresses, and one after the other share nothing")
    func alone() {
        var story = ConflictStory()
        let dns = story.program("dnsd")
        story.datagram("10.0.0.1:53", dns, 1...100)
        story.datagram("0.0.0.0:53", dns, 1...100)
        story.datagram("[::]:53", dns, 1...100)
        story.datagram("10.0.0.2:53", dns, 1...10)
        story.datagram("10.0.0.2:53", dns, 11...100)
        story.listener("10.0.0.1:53", dns, 1...100)
        story.datagram("10.0.0.3:53", dns, 1...10, inode: 5)
        story.datagram("10.0.0.3:53", dns, 11...100, inode: 5)
        #expect(story.findings().isEmpty)
    }

    @Test("each time together is an occurrence, and only the sockets that were together are parties")
    func occurrences() throws {
        var story = ConflictStory()
        let dns = story.program("dnsd")
        story.datagram("0.0.0.0:53", dns, 1...50)
        story.datagram("0.0.0.0:53", dns, 10...20)
        story.datagram("0.0.0.0:53", dns, 30...40)
        story.datagram("0.0.0.0:53", dns, 60...100)
        let found = try #require(story.findings(.udpShared).first)
        #expect((found.first, found.last, found.occurrences) == (10, 40, 2))
        #expect(found.parties.count == 3)
    }
}
