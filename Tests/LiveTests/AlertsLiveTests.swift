import Foundation
import TestSupport
import Testing

@testable import portload

extension LiveTests {
    /// Alerts against the kernel: they come before connect() fails, and name who and where.
    @Suite struct AlertsLiveTests {
        /// How ports are used up.
        enum Load: String, CaseIterable {
            /// Connections that the client closes at once: TIME_WAIT.
            case churn
            /// Connections that nobody closes.
            case leak
            /// Nothing for a while, then a leak at once.
            case burst
        }

        private let scratch: Scratch
        private let namespace: NetworkNamespace
        private let portlog: Portlog
        private static let capacity = 400

        init() throws {
            scratch = try Scratch()
            namespace = try NetworkNamespace(
                range: 40000...UInt16(40000 + Self.capacity - 1), sysctls: ["tcp_tw_reuse": "0"],
                addresses: ["10.99.0.1/24", "10.99.0.2/24", "10.99.0.3/24"])
            portlog = Portlog(in: namespace, scratch)
        }

        private static let fast = ["--set", "alerts.resolve_after=2s"]

        private func exhaustions(_ words: String...) throws -> [JSON] {
            let since = ["--since", "-1h"]
            let document = try JSON(text: portlog.run(["alerts"] + since + words).output)
            return document["alerts"].array.filter { $0["rule"].string == "ephemeral_exhaustion" }
        }

        /// How many ports a quarter of a second takes; PORTLOG_LEAST_STEP says with how few it begins at length.
        private static let steps = [4, 12, 30].filter { $0 >= TestSettings.count("PORTLOG_LEAST_STEP", default: 12) }

        @Test(
            "The critical alert opens before the first EADDRNOTAVAIL, and names destination and program",
            arguments: Load.allCases, steps)
        func ramp(load: Load, step: Int) throws {
            let server = try Agent(in: namespace)
            for address in ["10.99.0.1", "10.99.0.2", "10.99.0.3"] { try server.serve(address, 80, as: address) }
            let client = try Agent(in: namespace, program: scratch.program(named: "shop"))
            // Others are used as well, and have nothing to do with it.
            for other in ["10.99.0.1", "10.99.0.3"] { try client.connect(other, 80, count: 20, as: other) }
            let recorder = try portlog.start(interval: "250ms", options: Self.fast)
            defer { recorder.end(SIGTERM) }
            try portlog.awaitSamples(load == .burst ? 8 : 2)

            var failedAt: Date?
            var made = 0
            var lastSample = Date()
            while failedAt == nil {
                // What churns lasts for a moment: as long as the next ones take.
                if load == .churn {
                    try client(.init(command: .close, name: "load"))
                    try server(.init(command: .closeAccepted, listener: "10.99.0.2"))
                }
                let reply = try client.ask(
                    .init(command: .connectUntilFail, name: "load", to: "10.99.0.2", toPort: 80, limit: step))
                made += reply.succeeded ?? 0
                if reply.errno != nil {
                    #expect(reply.errno == "EADDRNOTAVAIL")
                    failedAt = Date()
                    break
                }
                let pause = 0.25 - Date().timeIntervalSince(lastSample)
                if pause > 0 { usleep(UInt32(pause * 1_000_000)) }
                lastSample = Date()
            }
            try portlog.awaitSamples(2)
            let failed = try #require(failedAt)
            let alert = try #require(try exhaustions().first, "no alert")
            let formatter = ISO8601DateFormatter()
            formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
            let text = alert["worsened_at"].string ?? alert["opened_at"].string ?? ""
            let became = try #require(formatter.date(from: text))
            #expect(
                alert["severity"].string == "critical" && became < failed, "\(load) by \(step): \(became) and \(failed)"
            )
            #expect(alert["subject"]["remote_address"].string == "10.99.0.2", "\(alert)")
            #expect(alert["owners"][0]["command"].string == "shop", "\(alert)")
            #expect(try exhaustions().count == 1)
            if load != .churn {
                try client(.init(command: .close, name: "load", reset: true))
                try awaitResolved()
            }
        }

        private func awaitResolved(seconds: Double = 30) throws {
            let deadline = Date(timeIntervalSinceNow: seconds)
            while try !exhaustions("--active").isEmpty {
                guard Date() < deadline else { throw HarnessError("the alert does not end: \(try exhaustions())") }
                usleep(200_000)
            }
        }

        @Test("The forecast is within a quarter of the time left on a steady ramp, from 70 % on")
        func forecast() throws {
            let server = try Agent(in: namespace)
            try server.serve("10.99.0.2", 80)
            let client = try Agent(in: namespace)
            let recorder = try portlog.start(
                interval: "200ms", options: ["--set", "alerts.ephemeral_exhaustion.critical=100"])
            defer { recorder.end(SIGTERM) }
            try portlog.awaitSamples(2)
            let began = Date()
            var forecasts: [(at: Date, used: Int, exhausted: Date)] = []
            let formatter = ISO8601DateFormatter()
            formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
            var (used, isTold) = (0, false)
            // Ten connections a second last 40 s.
            while used < Self.capacity {
                let due = Int(Date().timeIntervalSince(began) * 10) + 1
                if due > used {
                    try client.connect("10.99.0.2", 80, count: min(due, Self.capacity) - used, as: "load")
                    used = min(due, Self.capacity)
                }
                usleep(50_000)
                if used * 10 >= Self.capacity * 7, used.isMultiple(of: 10),
                    let found = try portlog.ask("ephemeral", "--since", "-5m")["destinations"][0]["exhausted_at"]
                        .string,
                    let exhausted = formatter.date(from: found)
                {
                    forecasts.append((Date(), used, exhausted))
                    if !isTold {
                        isTold = try exhaustions().first?["message"].string?.contains("run out in") == true
                    }
                }
            }
            let end = Date()
            #expect(forecasts.count >= 5)
            for (at, used, exhausted) in forecasts {
                let (left, told) = (end.timeIntervalSince(at), exhausted.timeIntervalSince(at))
                #expect(abs(told - left) <= max(left / 4, 0.8), "at \(used) ports: \(told) s told, \(left) s left")
            }
            let alert = try #require(try exhaustions().first)
            #expect(isTold && alert["severity"].string == "critical")
        }

        @Test("A busy and healthy load is no alert: fifty destinations at 40 %, TIME_WAIT on the server's side, reuse")
        func healthy() throws {
            try namespace.set("tcp_tw_reuse", "1")
            let server = try Agent(in: namespace)
            try server.serve("0.0.0.0", 80)
            for index in 0..<50 { try server.serve("10.99.0.1", UInt16(1000 + index), as: "s\(index)") }
            let client = try Agent(in: namespace)
            let recorder = try portlog.start(interval: "250ms")
            defer { recorder.end(SIGTERM) }
            try portlog.awaitSamples(2)
            for index in 0..<50 {
                try client.connect("10.99.0.1", UInt16(1000 + index), count: Self.capacity * 4 / 10, as: "c\(index)")
            }
            for round in 0..<10 {
                // The server closes first, and the client's TIME_WAITs may be reused.
                try client.connect("10.99.0.2", 80, count: 100, as: "round\(round)")
                try server(.init(command: .closeAccepted, count: 100, listener: "server"))
                try client(.init(command: .close, name: "round\(round)"))
                try portlog.awaitSamples(2)
            }
            let alerts = try JSON(text: portlog.run(["alerts", "--since", "-1h"]).output)["alerts"]
            #expect(alerts.array.isEmpty, "\(alerts)")
        }

        @Test("With sock_diag a listener whose queue stays full is named")
        func acceptQueue() throws {
            let server = try Agent(in: namespace, program: scratch.program(named: "slow"))
            try server(.init(command: .listen, name: "server", address: "10.99.0.2", port: 80, backlog: 2))
            try server(.init(command: .listen, name: "other", address: "10.99.0.2", port: 81, backlog: 8))
            let client = try Agent(in: namespace)
            try client.connect("10.99.0.2", 80, count: 3)
            try client.connect("10.99.0.2", 81, count: 3, as: "others")
            let recorder = try portlog.start(
                interval: "100ms", options: ["--source", "sock-diag", "--set", "alerts.accept_queue.hold=0s"])
            defer { recorder.end(SIGTERM) }
            try portlog.awaitSamples(6)
            let alerts = try JSON(text: portlog.run(["alerts", "--since", "-1h"]).output)["alerts"].array
            #expect(alerts.map { $0["rule"].string } == ["accept_queue"], "\(alerts)")
            #expect(alerts.first?["subject"]["local_port"].int == 80 && alerts.first?["unit"].string == "sockets")
            #expect(alerts.first?["owners"][0]["command"].string == "slow")
        }

        // MARK: - Hooks

        @Test(
            "A program that is slow, fails, is missing or floods costs no tick, and is said",
            arguments: ["slow", "failing", "missing"])
        func hook(kind: String) throws {
            let path = scratch.file("hook")
            let text =
                kind == "slow"
                ? "#!/bin/sh\ncat > \(scratch.path)/$PORTLOG_RULE\nexec sleep 30\n"
                : "#!/bin/sh\ncat > \(scratch.path)/$PORTLOG_RULE\nexit 3\n"
            if kind != "missing" {
                try text.write(toFile: path, atomically: true, encoding: .utf8)
                chmod(path, 0o755)
            }
            let server = try Agent(in: namespace)
            try server.serve("10.99.0.2", 80)
            let client = try Agent(in: namespace)
            let recorder = try portlog.start(
                interval: "100ms",
                options: Self.fast + ["--set", "deliver.exec=\(path)", "--set", "deliver.exec_timeout=2s"])
            try portlog.awaitSamples(2)
            try client.connect("10.99.0.2", 80, count: 390, as: "load")
            let status = try portlog.awaitStatus("told") { $0["alerts"]["failed"].int ?? 0 > 0 }
            #expect(status["missed_samples"].int ?? 99 <= 1, "\(status)")
            #expect(status["alerts"]["open"].int ?? 0 >= 1)
            if kind != "missing" {
                let alert = try JSON(text: FileText.read(scratch.file("ephemeral_exhaustion")))
                #expect(alert["event"].string == "opened" && alert["rule"].string == "ephemeral_exhaustion")
                #expect(alert["subject"]["remote_port"].int == 80)
            }
            recorder.end(SIGTERM)
            let result = Command.finish(recorder)
            let reason =
                ["slow": "took too long", "failing": "ended with status 3", "missing": "No such file"][kind] ?? ""
            #expect(
                result.errors.contains("an alert could not be delivered") && result.errors.contains(reason),
                "\(result.errors)")
        }

        // MARK: - SIGHUP

        @Test("SIGHUP puts another configuration in force without losing a sample, and a wrong one changes nothing")
        func reload() throws {
            let path = scratch.file("portlog.yaml")
            func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }
            try write("alerts: {ephemeral_exhaustion: {enabled: false}, slow_connect: {enabled: false}}\n")
            let server = try Agent(in: namespace)
            try server.serve("10.99.0.2", 80)
            let client = try Agent(in: namespace)
            try client.connect("10.99.0.2", 80, count: 390, as: "load")
            let recorder = try portlog.start(interval: "250ms", options: ["--config", path])
            try portlog.awaitSamples(5)
            #expect(try exhaustions().isEmpty)
            // A first sample, which has every owner to find, may take longer than an interval.
            let missed = try portlog.ask("status")["missed_samples"].int
            try write("alerts: {ephemeral_exhaustion: {warning: 190}}\n")
            kill(recorder.pid, SIGHUP)
            try portlog.awaitSamples(5)
            #expect(try exhaustions().isEmpty)
            try write("alerts: {slow_connect: {enabled: false}}\nkeep: {samples: 6d}\n")
            kill(recorder.pid, SIGHUP)
            try portlog.awaitSamples(5)
            #expect(try exhaustions().first?["severity"].string == "critical")
            #expect(try portlog.ask("status")["missed_samples"].int == missed)
            recorder.end(SIGTERM)
            let result = Command.finish(recorder)
            #expect(result.errors.contains("the one before stays in force") && result.errors.contains("is '190'"))
            #expect(
                result.errors.contains("read anew") && result.errors.contains("keys=keep.samples"), "\(result.errors)")
        }
    }
}
