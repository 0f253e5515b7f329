import PortModel

/// Breaks text into lines between its words.
enum WordWrap {
    /// The lines of a text that holds no control characters, each as wide as it may be; a word that is wider than that
    /// has a line of its own and is not cut.
    static func lines(of text: String, width: Int) -> [String] {
        if TextEscape.isPlainASCII(text), let lines = slices(of: text, width) { return lines }
        var lines: [String] = []
        var line = ""
        var columns = 0
        for bytes in text.utf8.split(separator: UInt8(ascii: " ")) {
            let word = String(Substring(bytes))
            let length = DisplayWidth.of(word)
            if columns > 0, columns + 1 + length > width {
                lines.append(line)
                line = ""
                columns = 0
            }
            if columns > 0 {
                line += " "
                columns += 1
            }
            line += word
            columns += length
        }
        return lines + [line]
    }

    /// The same for text of which a byte is a column and words have one space between them, as nearly all has: the lines are pieces
    /// of it. `nil` for other text.
    private static func slices(of text: String, _ width: Int) -> [String]? {
        let bytes = Array(text.utf8)
        var lines: [String] = []
        var (start, end, word) = (0, 0, 0)
        for index in 0...bytes.count {
            if index < bytes.count, bytes[index] != UInt8(ascii: " ") { continue }
            if index == word { return nil }
            if end > 0, index - start > width {
                lines.append(String(decoding: bytes[start..<end], as: UTF8.self))
                start = word
            }
            end = index
            word = index + 1
        }
        return lines + [String(decoding: bytes[start..<end], as: UTF8.self)]
    }
}
