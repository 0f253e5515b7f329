/// Breaks text into lines between its words.
enum WordWrap {
    /// The lines of a text that holds no control characters, each as wide as it may be; a word that is wider than that
    /// has a line of its own and is not cut.
    static func lines(of text: String, width: Int) -> [String] {
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
}
