import PortHistory
import PortModel
import PortReports
import Testing

@testable import portlog

@Suite struct SocketColumnsTests {
    private func owner(
        _ pid: Int32, _ command: String = "nginx", unit: String? = nil, container: String? = nil
    ) -> OwnerDocument {
        OwnerDocument(
            PortOwner(
                pid: pid, startTicks: 1, startedAt: TestWorld.now, command: command, unit: unit, container: container))
    }

    private func socket(owners: [OwnerDocument] = [], attribution: Attribution = .observed) -> SocketDocument {
        SocketDocument(
            namespace: "host", table: .tcp6, state: .established, local: Endpoint(.init(ipv4: 0x7f00_0001), 80),
            remote: Endpoint(.anyIPv6, 5), uid: 0, inode: nil, owners: owners, attribution: attribution,
            firstSeen: TestWorld.now, lastSeen: TestWorld.now)
    }

    @Test("A socket has the same CSV columns as JSON fields, in the order of the contract")
    func csv() {
        let columns = CSVColumn<SocketDocument>.socket { $0 }
        #expect(
            columns.map(\.name) == [
                "namespace", "protocol", "family", "state", "local_address", "local_port", "remote_address",
                "remote_port", "uid",
                "inode", "owners", "attribution", "first_seen", "last_seen",
            ])
        let time = "2026-11-22T10:30:00.000Z"
        #expect(
            columns.map { $0.value(socket(owners: [owner(1), owner(2, "a;b")])).cell } == [
                "host", "tcp", "ipv6", "established", "::ffff:127.0.0.1", "80", "::", "5", "0", "", "nginx/1;a\\x3bb/2",
                "observed",
                time, time,
            ])
    }

    @Test("A table names the owner and how it is known, and counts the ones it does not name")
    func table() {
        #expect(socket().holders.program == "")
        #expect(socket(owners: [owner(1)]).holders.program == "nginx/1")
        #expect(socket(owners: [owner(1)], attribution: .inherited).holders.program == "nginx/1 (inherited)")
        #expect(socket(owners: (1...5).map { owner($0) }).holders.program == "nginx/1 nginx/2 nginx/3 and 2 more")
        #expect(socket().localText == "[::ffff:127.0.0.1]:80")
        let own = TableColumn<SocketDocument>.socket(among: [socket()]) { $0 }
        #expect(own.map(\.header) == ["PROTO", "STATE", "LOCAL", "REMOTE", "UID", "PROGRAM"])
        #expect(own.map { $0.text(socket()) } == ["tcp6", "established", "[::ffff:127.0.0.1]:80", "[::]:5", "0", ""])
        var foreign = socket(owners: [owner(1, unit: "nginx.service")])
        foreign.namespace = "blue"
        let columns = TableColumn<SocketDocument>.socket(among: [foreign], showsState: false) { $0 }
        #expect(columns.map(\.header) == ["NAMESPACE", "PROTO", "LOCAL", "UID", "UNIT", "PROGRAM"])
        #expect(columns.map { $0.text(foreign) }.suffix(2) == ["nginx.service", "nginx/1"])
    }

    @Test("The unit or container says where a program belongs, short and without repetition")
    func place() {
        let id = String(repeating: "4c01db0b339ce0f1", count: 4)
        let places: [(unit: String?, container: String?, String?)] = [
            (nil, nil, nil), ("a.service", nil, "a.service"), (nil, "web1", "web1"),
            ("a.service", "web1", "web1/a.service"), ("docker-\(id).scope", id, "4c01db0b339c"),
            ("pod.slice", id, "4c01db0b339c/pod.slice"),
        ]
        for (unit, container, place) in places {
            #expect(owner(1, unit: unit, container: container).owner.place == place)
        }
        let units = ["a", "b", "a", "c", "d"].enumerated().map { owner(Int32($0), unit: "\($1).service") }
        #expect(socket(owners: units).holders.place == "a.service b.service c.service and 1 more")
    }

    @Test("The age of the newest sample is told when the recorder seems to have stopped")
    func age() {
        let sample = SampleRecord(takenAt: TestWorld.now, intervalMilliseconds: 10_000)
        func note(_ now: Timestamp, upTo end: Timestamp? = nil) -> StaleNote? {
            StaleNote(newest: sample, upTo: end ?? now, now: now, isLosing: false)
        }
        #expect(note(TestWorld.now + 25_000) == nil)
        #expect(note(TestWorld.now - 25_000) == nil)
        #expect(note(TestWorld.now + 200_000)?.text.hasPrefix("the newest sample is 3m 20s old") == true)
        #expect(note(TestWorld.now + 200_000, upTo: TestWorld.now + 1000) == nil)
    }

    @Test("No sample is 66 and names what there is")
    func noSample() {
        let history = TestWorld.now...TestWorld.now + 1000
        let errors: [NoSampleError] = [
            .empty, .moment(TestWorld.now - 1, history: history),
            .period(since: TestWorld.now, until: TestWorld.now, history: history),
        ]
        for error in errors { #expect(error.portlogError.status == .noInput) }
        #expect("\(errors[1].portlogError)".contains("2026-11-22T10:30:01.000Z"))
    }
}
