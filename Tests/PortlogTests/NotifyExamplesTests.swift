import Foundation
import TestSupport
import Testing

@testable import portlog

/// The examples beside portlog-notify@.service, with a program in place of curl.
@Suite struct NotifyExamplesTests {
    private static let folder = Golden.package.appendingPathComponent("systemd/examples").path
    private static let alert =
        #"{"event":"opened","host":"web1","message":"\"severity\":\"fake\" of x","rule":"port_stolen","severity":"critical"}"#
        + "\n"

    private func run(_ name: String, _ argument: String, _ stub: String) throws -> (
        status: Int32, files: TemporaryFolder
    ) {
        let files = try TemporaryFolder()
        let path = files.file("curl")
        try "#!/bin/sh\n\(stub.replacing("DIR", with: files.file("")))\n".write(
            toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(Self.folder)/\(name)")
        process.arguments = [argument]
        process.environment = ["PATH": "\(files.file("")):/usr/bin:/bin", "FROM": "portlog@web1"]
        let input = Pipe()
        process.standardInput = input
        try process.run()
        input.fileHandleForWriting.write(Data(Self.alert.utf8))
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        return (process.terminationStatus, files)
    }

    private func text(_ files: TemporaryFolder, _ name: String) -> String {
        (try? String(contentsOfFile: files.file(name), encoding: .utf8)) ?? ""
    }

    @Test("The webhook gets the alert as it is, and a failure is one")
    func webhook() throws {
        let (status, files) = try run(
            "notify-webhook", "https://hooks.example.org/x?a=b&c", "cat > DIR/in; printf '%s\\n' \"$@\" > DIR/args")
        #expect(status == 0 && text(files, "in") == Self.alert)
        #expect(text(files, "args").hasSuffix("--\nhttps://hooks.example.org/x?a=b&c\n"))
        #expect(try run("notify-webhook", "https://x", "cat > /dev/null; exit 22").status == 22)
    }

    @Test("The mail has the alert in its body, and in its headers only words of portlog")
    func mail() throws {
        let (status, files) = try run(
            "notify-mail", "ops@example.org", "cat > DIR/in; printf '%s\\n' \"$@\" > DIR/args")
        #expect(status == 0)
        #expect(
            text(files, "args").contains(
                "\nsmtp://localhost\n--mail-from\nportlog@web1\n--mail-rcpt\nops@example.org\n"))
        let (headers, body) = try #require(
            text(files, "in").firstRange(of: "\n\n").map { range in
                (text(files, "in")[..<range.lowerBound], text(files, "in")[range.upperBound...])
            })
        let lines = headers.split(separator: "\n").filter { !$0.hasPrefix("Date: ") }
        #expect(
            lines == [
                "From: portlog@web1", "To: ops@example.org", "Subject: portlog: critical port_stolen opened",
                "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
            ])
        #expect(Data(base64Encoded: String(body), options: .ignoreUnknownCharacters) == Data(Self.alert.utf8))
        #expect(try run("notify-mail", "ops@example.org", "cat > /dev/null; exit 7").status == 7)
    }
}
