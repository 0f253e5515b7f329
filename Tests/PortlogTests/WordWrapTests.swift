import TestSupport
import Testing

@testable import portlog

/// Text on lines.
struct WordWrapTests {
    @Test(
        "no word is lost, no line is too wide that could be narrower, none could take the next word", arguments: 1...40)
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array(seed.isMultiple(of: 2) ? "abc,.(): " : "ab é漢 ")
        let text = String((0..<120).map { _ in alphabet.randomElement(using: &random) ?? " " })
        let width = Int.random(in: 4...40, using: &random)
        let lines = WordWrap.lines(of: text, width: width)
        let words = text.split(separator: " ").map(String.init)
        #expect(lines.flatMap { $0.split(separator: " ").map(String.init) } == words)
        for (line, next) in zip(lines, lines.dropFirst() + [""]) {
            #expect(DisplayWidth.of(line) <= width || !line.contains(" "))
            if let word = next.split(separator: " ").first {
                #expect(DisplayWidth.of(line) + 1 + DisplayWidth.of(String(word)) > width)
            }
        }
    }

    @Test("nothing is one empty line, and one word one line")
    func edges() {
        #expect(WordWrap.lines(of: "", width: 10) == [""])
        #expect(WordWrap.lines(of: "word", width: 2) == ["word"])
        #expect(WordWrap.lines(of: "two words", width: 9) == ["two words"])
        #expect(WordWrap.lines(of: "two words", width: 8) == ["two", "words"])
    }
}
