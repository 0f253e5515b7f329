/// /proc/\<pid>/stat, as far as portlog needs it (`do_task_stat` in fs/proc/array.c).
public struct ProcessStat: Hashable, Sendable {
    /// Field 1, in the PID namespace of the /proc mount.
    public var pid: Int32
    /// Field 2, chosen by the process: 15 bytes at most, longer for kernel threads. Untrusted.
    public var command: String
    /// Field 3: the letter of the state, `R`, `S`, `Z` …
    public var state: Character
    /// Field 4: the parent's pid, 0 for none.
    public var parent: Int32
    /// Field 22: ticks (USER_HZ, 10 ms) since boot. With the boot and the pid it names a process for good.
    public var startTicks: UInt64

    /// Reads the text of the file. The command may hold any byte, parentheses and line ends included, so it ends at the
    /// last parenthesis: there is none behind it.
    public init(parsing bytes: [UInt8]) throws(ProcError) {
        guard let open = bytes.firstIndex(of: UInt8(ascii: "(")), open > 0,
            let pid = ProcText.decimal(bytes[..<(open - 1)], UInt32.self).flatMap(Int32.init(exactly:))
        else { throw .malformed(field: "pid") }
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")), end > open else { throw .malformed(field: "comm") }
        // Field 3 is the first here.
        let fields = ProcText.words(ProcText.trim(bytes[(end + 1)...]))
        guard let state = fields.first, state.count == 1, let letter = state.first, (0x21...0x7e).contains(letter)
        else {
            throw .malformed(field: "state")
        }
        guard fields.count > 1, let parent = ProcText.decimal(fields[1], UInt32.self).flatMap(Int32.init(exactly:))
        else {
            throw .malformed(field: "ppid")
        }
        guard fields.count > 19, let startTicks = ProcText.decimal(fields[19], UInt64.self) else {
            throw .malformed(field: "starttime")
        }
        self.pid = pid
        command = ProcText.decode(bytes[(open + 1)..<end])
        self.state = Character(Unicode.Scalar(letter))
        self.parent = parent
        self.startTicks = startTicks
    }
}
