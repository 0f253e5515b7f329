import Foundation
import Logging
import PortAlerts
import PortModel
import Synchronization
import Testing

@testable import PortRecorder

/// Alerts on their way out: nothing that goes wrong there is waited for.
@Suite(.serialized) struct AlertDeliveryTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("portlog-\(UUID().uuidString)")
        .path
    private let lines = Lines()

    /// What was logged.
    final class Lines: Sendable {
        let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }
    }

    private struct Handler: LogHandler {
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]
        let lines: Lines
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            lines.texts.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
        }
    }

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    private func delivery(journal: String? = nil, _ change: (inout DeliverySettings) -> Void) -> AlertDelivery {
        var settings = DeliverySettings()
        change(&settings)
        let lines = lines
        return AlertDelivery(
            settings,
            wording: .init(
                json: { Array("{\"id\":\($0.alert.id)}\n".utf8) }, escape: { $0.replacing("\u{1b}", with: "\\x1b") }),
            journal: journal, logger: Logger(label: "test") { _ in Handler(lines: lines) })
    }

    private func event(_ id: Int = 1, _ kind: AlertEvent.Kind = .opened) -> AlertEvent {
        let owner = PortOwner(
            pid: 7, startTicks: 1, startedAt: Timestamp(milliseconds: 0), command: "x\u{1b}[2J", unit: "x.service")
        return AlertEvent(
            kind,
            Alert(
                id: id, rule: .ephemeralExhaustion, severity: .critical,
                subject: AlertSubject(
                    Destination(local: IPAddress(ipv4: 1), remote: IPAddress(ipv4: 2), remotePort: 80), in: "host"),
                openedAt: Timestamp(milliseconds: 0), value: 0.97, owners: [owner], message: "ports of x\u{1b}[2J",
                advice: ["one", "two"]))
    }

    private func script(_ text: String) throws -> String {
        let path = "\(folder)/hook-\(UUID().uuidString)"
        try "#!/bin/sh\n\(text)\n".write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, 0o755)
        return path
    }

    private func text(_ name: String) -> String {
        (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
    }

    @Test("A program gets the alert on its standard input, its arguments as they are, and nothing of the recorder")
    func hook() throws {
        let path = try script(
            "cat > \(folder)/in; printf '%s|' \"$@\" > \(folder)/args; env | sort > \(folder)/env; ls -l /proc/self/fd | grep -c socket > \(folder)/fds; ls -l /proc/$$/fd > \(folder)/all; grep Cap /proc/self/status > \(folder)/caps"
        )
        let delivery = delivery { $0.command = [path, "a b", "$(id)", ";"] }
        let leak = open("/etc/passwd", O_RDONLY)
        defer { close(leak) }
        delivery.deliver(event(5))
        delivery.finish()
        #expect(
            delivery.counts
                == {
                    var counts = DeliveryCounts(); counts.delivered = 1; return counts
                }())
        #expect(text("in") == "{\"id\":5}\n" && text("args") == "a b|$(id)|;|")
        #expect(text("env").contains("PORTLOG_RULE=ephemeral_exhaustion\n") && !text("env").contains("HOME="))
        #expect(text("fds") == "0\n")
        #expect(text("all").contains("/dev/null") && !text("all").contains("/etc/passwd"), "\(text("all"))")
        for line in text("caps").split(separator: "\n") where !line.hasPrefix("CapBnd") {
            #expect(line.hasSuffix("\t0000000000000000"), "\(line)")
        }
        // This thread has what it had.
        let own = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        #expect(getuid() != 0 || !own.contains("CapEff:\t0000000000000000"))
    }

    @Test("A program cannot get at the memory of the recorder, in which there are capabilities")
    func memory() throws {
        let path = try script(
            "for file in /proc/$PPID/mem /proc/$PPID/task/*/mem; do (exec 3<>$file) 2>/dev/null && echo $file; done > \(folder)/open; echo $PPID > \(folder)/parent"
        )
        let delivery = delivery { $0.command = [path] }
        delivery.deliver(event())
        delivery.finish()
        #expect(text("parent") == "\(getpid())\n")
        #expect(text("open") == "")
        // To itself the recorder is as open as before.
        let own = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        #expect(own >= 0)
        close(own)
        #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")) != nil)
    }

    @Test("A program that fails, is missing or takes too long is said once, counted, and never waited for")
    func failures() throws {
        let commands = [
            [try script("exit 3")], ["/nonexistent/hook"], [try script("sleep 60"), "x"], [try script("kill -9 $$")],
        ]
        for command in commands {
            let delivery = delivery {
                $0.command = command
                $0.timeout = .milliseconds(300)
            }
            let began = ContinuousClock.now
            for id in 1...4 { delivery.deliver(event(id)) }
            #expect(ContinuousClock.now - began < .milliseconds(200))
            delivery.finish()
            #expect(delivery.counts.failed == 4 && delivery.counts.delivered == 0, "\(command)")
            let said = lines.all.filter { $0.contains("could not be delivered") && $0.contains(command[0]) }
            #expect(said.count == 1, "\(said)")
        }
        let all = lines.all.joined()
        for reason in ["ended with status 3", "No such file", "took too long", "signal 9"] {
            #expect(all.contains(reason))
        }
    }

    @Test("The last line of a failing program's standard error is said with the failure, whatever else it has written")
    func lastWords() throws {
        for (text, expected) in [
            ("echo first >&2; echo 'no route' >&2; echo >&2; exit 3", "no route"), ("exit 4", nil),
            ("cat > /dev/null; head -c 1000000 /dev/zero >&2; printf '\\nthe end' >&2; exit 5", "the end"),
            ("exec 2>&-; exit 6", nil), ("(echo late; sleep 60) >&2 & sleep 0.2; exit 7", "late"),
        ] as [(String, String?)] {
            let path = try script(text)
            let delivery = delivery { $0.command = [path] }
            delivery.deliver(event())
            delivery.finish()
            #expect(delivery.counts.failed == 1)
            let said = lines.all.first { $0.contains(path) } ?? ""
            #expect(said.contains("ended with status"), "\(said)")
            #expect(expected.map { said.contains("\"said\": \($0)") } ?? !said.contains("said"), "\(said)")
        }
        var words = HookProcess(
            command: [try script("head -c 5000 /dev/zero | tr '\\0' x >&2")], input: [], environment: [:],
            timeout: .seconds(10)
        ).run()
        #expect(words.outcome == .exited(0) && words.said == String(repeating: "x", count: LastWords.most))
        words = HookProcess(
            command: [try script("yes >&2")], input: Array(repeating: 7, count: 200_000), environment: [:],
            timeout: .milliseconds(300)
        ).run()
        #expect(words.outcome == .timedOut && words.said == "y")
    }

    @Test("A flood is dropped beyond what may wait, and that is said")
    func flood() throws {
        let delivery = delivery {
            $0.command = ["/bin/sleep", "0.2"]
            $0.concurrency = 2
        }
        let began = ContinuousClock.now
        for id in 1...500 { delivery.deliver(event(id)) }
        #expect(ContinuousClock.now - began < .seconds(2))
        #expect(delivery.counts.dropped >= 500 - 66 - 20 && delivery.counts.dropped < 500)
        #expect(lines.all.contains { $0.contains("too many are waiting") })
        delivery.finish(within: .seconds(20))
        #expect(delivery.counts.delivered + delivery.counts.dropped == 500)
    }

    @Test("What a killed program has started ends with it")
    func group() throws {
        let path = try script("sleep 77 & echo $! > \(folder)/child; wait")
        let delivery = delivery {
            $0.command = [path]
            $0.timeout = .milliseconds(400)
        }
        delivery.deliver(event())
        delivery.finish()
        let child = try #require(Int32(text("child").filter(\.isNumber)))
        usleep(100_000)
        let state = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)) ?? ""
        #expect(state == "" || state.contains(") Z "))
    }

    @Test("A socket gets a line of JSON; one that nobody listens on is counted")
    func socket() throws {
        let path = "\(folder)/notify.sock"
        let missing = delivery { $0.socket = path }
        missing.deliver(event())
        missing.finish()
        #expect(missing.counts.failed == 1 && lines.all.contains { $0.contains("No such file") })
        let listener = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        #expect(UnixSocket.withAddress(path) { bind(listener, $0, $1) } == 0 && listen(listener, 8) == 0)
        let delivery = delivery { $0.socket = path }
        delivery.deliver(event(9))
        delivery.finish()
        #expect(delivery.counts.delivered == 1)
        let connection = accept(listener, nil, nil)
        defer { close(connection) }
        var buffer = [UInt8](repeating: 0, count: 100)
        let count = read(connection, &buffer, 100)
        #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "{\"id\":9}\n")
    }

    @Test(
        "What a socket takes and does not read was not delivered; who reads it may close as well",
        arguments: [true, false])
    func refused(isRead: Bool) {
        let path = "\(folder)/notify.sock"
        let listener = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        #expect(UnixSocket.withAddress(path) { bind(listener, $0, $1) } == 0 && listen(listener, 8) == 0)
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 { return }
                var buffer = [UInt8](repeating: 0, count: 100)
                while isRead, read(connection, &buffer, 100) > 0 {}
                close(connection)
            }
        }
        let delivery = delivery { $0.socket = path }
        for id in 1...5 { delivery.deliver(event(id)) }
        delivery.finish()
        #expect(delivery.counts.delivered == (isRead ? 5 : 0) && delivery.counts.failed == (isRead ? 0 : 5))
        shutdown(listener, Int32(SHUT_RDWR))
    }

    @Test("The journal gets fields of its own; without one the log has a line")
    func journal() throws {
        let path = "\(folder)/journal.sock"
        let receiver = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(receiver) }
        #expect(UnixSocket.withAddress(path) { bind(receiver, $0, $1) } == 0)
        let delivery = delivery(journal: path) { _ in }
        delivery.deliver(event(3, .worsened))
        var buffer = [UInt8](repeating: 0, count: 4096)
        let text = String(decoding: buffer.prefix(max(0, recv(receiver, &buffer, 4096, 0))), as: UTF8.self)
        let received = String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self) + text
        for field in [
            "MESSAGE=alert worsened: ports of x\\x1b[2J\n", "MESSAGE_ID=5c3b7ad1b7f84ee0a2f2c8c1f2a4d902\n",
            "PRIORITY=2\n",
            "PORTLOG_RULE=ephemeral_exhaustion\n", "PORTLOG_REMOTE_PORT=80\n", "PORTLOG_PROGRAM=x\\x1b[2J\n",
            "PORTLOG_UNIT=x.service\n",
        ] { #expect(received.contains(field), "\(field)") }
        #expect(lines.all.isEmpty)
        let entry = JournalEntry(fields: [("A", "b"), ("C", "d\ne")])
        #expect(entry.bytes == Array("A=b\nC\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0] + Array("d\ne\n".utf8))
        let none = self.delivery(journal: "\(folder)/none") { _ in }
        none.deliver(event())
        #expect(lines.all.count { $0.hasPrefix("critical alert opened: ports of") } == 1)
    }
}
