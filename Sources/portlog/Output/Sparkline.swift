/// A series in one line: `▁▂▅█▇▃▁`.
enum Sparkline {
    /// Eight heights, then what stands for them where the locale has no block elements.
    private static let blocks: [Character] = Array("▁▂▃▄▅▆▇█")
    private static let ascii: [Character] = Array("_.:-=+*#")

    /// The series from 0 to its maximum, in at most `width` columns. Empty for an empty series; zeros are on the
    /// ground.
    static func text(_ values: [Double], width: Int, usesUTF8: Bool) -> String {
        let levels = usesUTF8 ? blocks : ascii
        let values = compress(values, to: width)
        let top = values.max() ?? 0
        return String(values.map { levels[level($0, top, levels.count - 1)] })
    }

    /// At most `width` values, each the highest of its part of the series. What is no number counts as 0.
    static func compress(_ values: [Double], to width: Int) -> [Double] {
        let values = values.map { $0.isFinite ? max(0, $0) : 0 }
        guard width > 0, values.count > width else { return width > 0 ? values : [] }
        return (0..<width).map { column in
            values[part(column, of: width, in: values.count)].max() ?? 0
        }
    }

    /// The indices of the part of a series of `count` values that stands in a column.
    static func part(_ column: Int, of width: Int, in count: Int) -> Range<Int> {
        column * count / width..<(column + 1) * count / width
    }

    /// 0 to `steps`; anything above 0 is at least 1 where there is room for it.
    private static func level(_ value: Double, _ top: Double, _ steps: Int) -> Int {
        guard top > 0, value > 0 else { return 0 }
        return min(steps, max(1, Int((value / top * Double(steps)).rounded())))
    }
}
