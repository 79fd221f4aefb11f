using System.Management.Automation.Host;

namespace Containers.Cmdlets.Tests.Observing;

/// <summary>What a terminal is told to do. The screen is played by a small terminal that knows the sequences in use.</summary>
public sealed class LiveTableTests
{
    [Fact]
    public void A_frame_takes_the_place_of_the_one_before_and_leaves_nothing_of_it()
    {
        Screen screen = new(40, 10);
        using (LiveTable table = new(screen.Write, () => screen.Size))
        {
            screen.Write("above\n");
            table.Draw([["Name", "CPU %"], ["web-with-a-name", "100.00"], ["db", "1.00"]]);
            Assert.False(screen.CursorIsShown);
            table.Draw([["Name", "CPU %"], ["db", "2.00"]]);
        }

        Assert.Equal(["above", "Name  CPU %", "db     2.00"], screen.Lines);
        Assert.True(screen.CursorIsShown);
    }

    [Fact]
    public void What_does_not_fit_is_cut_at_the_right_and_counted_at_the_bottom()
    {
        Screen screen = new(21, 5);
        using LiveTable table = new(screen.Write, () => screen.Size);
        string[][] rows = [["Name", "CPU %"], .. Enumerable.Range(0, 9).Select(i => new[] { $"container-number-{i}", "50.00" })];
        for (int i = 0; i < 3; i++)
        {
            table.Draw(rows);
        }

        Assert.Equal(["Name                ", "container-number-0  ", "container-number-1  ", "... and 7 more"], screen.Lines);
    }

    /// <summary>Understands CR, LF, cursor up, erasing to the end of the line and of the screen, and showing the cursor.</summary>
    private sealed class Screen(int width, int height)
    {
        private readonly List<string> _lines = [""];
        private int _row;
        private int _column;

        internal Size Size { get; } = new(width, height);

        internal bool CursorIsShown { get; private set; } = true;

        internal IReadOnlyList<string> Lines => [.. _lines.Take(_lines.FindLastIndex(line => line.Length > 0) + 1)];

        internal void Write(string text)
        {
            for (int i = 0; i < text.Length; i++)
            {
                switch (text[i])
                {
                    case '\r':
                        _column = 0;
                        break;
                    case '\n':
                        _row++;
                        _column = 0;
                        if (_row == _lines.Count)
                        {
                            _lines.Add("");
                        }

                        break;
                    case '\e':
                        int end = i + 2;
                        while (!char.IsLetter(text[end]))
                        {
                            end++;
                        }

                        Obey(text[(i + 2)..end], text[end]);
                        i = end;
                        break;
                    default:
                        _lines[_row] = _lines[_row].PadRight(_column)[.._column] + text[i] + (_lines[_row].Length > _column + 1 ? _lines[_row][(_column + 1)..] : "");
                        _column++;
                        Assert.True(_column < width, "the last column is written: terminals differ in what comes next");
                        break;
                }
            }

            Assert.True(_lines.Count - _row <= height, "the table is longer than the screen");
        }

        private void Obey(string argument, char command)
        {
            switch (command)
            {
                case 'A':
                    _row -= int.Parse(argument, System.Globalization.CultureInfo.InvariantCulture);
                    break;
                case 'K':
                    _lines[_row] = _lines[_row].Length > _column ? _lines[_row][.._column] : _lines[_row];
                    break;
                case 'J':
                    _lines[_row] = _lines[_row].Length > _column ? _lines[_row][.._column] : _lines[_row];
                    _lines.RemoveRange(_row + 1, _lines.Count - _row - 1);
                    break;
                case 'h' or 'l' when argument == "?25":
                    CursorIsShown = command == 'h';
                    break;
                case 'h' or 'l' when argument == "?2026":
                case 'm':
                    break;
                default:
                    Assert.Fail($"unknown sequence {argument}{command}");
                    break;
            }
        }
    }
}
