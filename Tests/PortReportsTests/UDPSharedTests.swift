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

    @Test("connected sockets of different peers share nothing, nor with the one that waits for new peers")
    func peers() {
        var story = ConflictStory()
        let server = story.program("quicd", pid: 1)
        let other = story.program("other", pid: 2)
        story.datagram("0.0.0.0:443", server, 1...100)
        story.datagram("10.0.0.1:443", server, 1...100)
        story.datagram("10.0.0.1:443", to: "10.0.0.2:5000", server, 1...100)
        story.datagram("10.0.0.1:443", to: "10.0.0.2:5001", other, 1...100)
        story.datagram("10.0.0.1:443", to: "10.0.0.3:5000", server, 1...100)
        // A new socket is on the port for a moment before it is connected, and one may get another peer.
        story.datagram("10.0.0.4:443", to: "10.0.0.2:5000", server, 1...50, inode: 9)
        story.datagram("10.0.0.4:443", to: "10.0.0.2:5001", server, 51...100, inode: 9)
        story.datagram("10.0.0.4:443", to: "10.0.0.2:5000", server, 51...100)
        #expect(story.findings().isEmpty)
    }

    @Test("sockets connected to the same peer share, and so do those without one beside connected ones")
    func samePeer() throws {
        var story = ConflictStory()
        let one = story.program("one", pid: 1)
        let two = story.program("two", pid: 2)
        story.datagram("10.0.0.1:443", to: "10.0.0.2:5000", one, 1...60, inode: 1)
        story.datagram("10.0.0.1:443", to: "10.0.0.2:5000", one, 41...100, inode: 2)
        story.datagram("10.0.0.1:443", to: "10.0.0.3:5000", two, 1...100, inode: 3)
        story.datagram("10.0.0.1:500", one, 1...100, inode: 4)
        story.datagram("10.0.0.1:500", two, 11...20, inode: 5)
        story.datagram("10.0.0.1:500", to: "10.0.0.3:500", two, 21...100, inode: 5)
        let found = story.findings(.udpShared)
        let inodes = found.map { Set($0.parties.map(\.newest.inode)) }
        #expect(found.map(\.key.local.port) == [500, 443])
        #expect(found.map(\.severity) == [.warning, .info])
        #expect(inodes == [[4, 5], [1, 2]])
        #expect(found.map(\.first) == [11, 41] && found.map(\.last) == [20, 60])
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
