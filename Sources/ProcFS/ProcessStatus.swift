/// /proc/\<pid>/status, as far as portlog needs it (`proc_pid_status` in fs/proc/array.c).
public struct ProcessStatus: Hashable, Sendable {
    /// The effective user, the second number of `Uid:`, in the user namespace of the reader.
    public var effectiveUID: UInt32

    /// Reads the text of the file. The name, its first line, has its line ends escaped by the kernel.
    public init(parsing bytes: [UInt8]) throws(ProcError) {
        guard let line = ProcText.lines(bytes[...]).first(where: { $0.starts("Uid:") }) else {
            throw .malformed(field: "Uid")
        }
        let numbers = ProcText.words(line.dropFirst(4))
        guard numbers.count == 4, let uid = ProcText.decimal(numbers[1], UInt32.self) else {
            throw .malformed(field: "Uid")
        }
        effectiveUID = uid
    }
}
