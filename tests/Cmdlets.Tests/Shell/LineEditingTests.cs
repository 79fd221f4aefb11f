using Containers.Cmdlets.Tests.Hosting;
using Containers.Shell.Editing;
using Containers.Shell.Terminal;

namespace Containers.Cmdlets.Tests.Shell;

public sealed class LineEditingTests
{
    [Fact]
    public void Words_are_killed_and_yanked()
    {
        LineBuffer buffer = new();
        buffer.Set("Get-Container web --all");
        buffer.KillWordBack();
        Assert.Equal("Get-Container web --", buffer.Text);
        buffer.Home();
        buffer.Yank();
        Assert.Equal("allGet-Container web --", buffer.Text);
        buffer.WordRight();
        buffer.KillToEnd();
        Assert.Equal("allGet", buffer.Text);
    }

    [Fact]
    public void A_character_of_several_code_points_is_one_step()
    {
        LineBuffer buffer = new();
        buffer.Set("ae\u0301👨‍👩‍👧");
        buffer.Backspace();
        Assert.Equal("ae\u0301", buffer.Text);
        buffer.Left();
        Assert.Equal(1, buffer.Cursor);
    }

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("日本", 4)]
    [InlineData("e\u0301", 1)]
    [InlineData("\e[31mred\e[0m", 3)]
    [InlineData("🐳", 2)]
    public void Width_is_counted_in_cells(string text, int cells) => Assert.Equal(cells, CellWidth.Of(text));

    [Fact]
    public void Long_text_is_cut_into_rows_and_a_full_row_moves_the_cursor_on()
    {
        LineLayout layout = LineLayout.Of("> ", ">> ", "abcdef", 6, 4);
        Assert.Equal(["> ab", "cdef", ""], layout.Rows);
        Assert.Equal((2, 0), (layout.CursorRow, layout.CursorColumn));
        layout = LineLayout.Of("> ", ">> ", "a\nb", 3, 10);
        Assert.Equal(["> a", ">> b"], layout.Rows);
        Assert.Equal((1, 4), (layout.CursorRow, layout.CursorColumn));
        layout = LineLayout.Of("> ", ">> ", "a日", 1, 4);
        Assert.Equal(["> a", "日"], layout.Rows);
        Assert.Equal((1, 0), (layout.CursorRow, layout.CursorColumn));
    }

    [Theory]
    [InlineData("\e[A", Key.Up)]
    [InlineData("\eOA", Key.Up)]
    [InlineData("\e[1;5D", Key.WordLeft)]
    [InlineData("\e[1;3C", Key.WordRight)]
    [InlineData("\eb", Key.WordLeft)]
    [InlineData("\e[3~", Key.Delete)]
    [InlineData("\e[Z", Key.BackTab)]
    [InlineData("\e", Key.Escape)]
    [InlineData("\u0003", Key.Cancel)]
    public void Sequences_of_terminals_are_keys(string bytes, object key) => Assert.Equal((Key)key, Read(bytes).Key);

    [Fact]
    public void A_paste_is_one_text_without_control_characters()
    {
        KeyPress press = Read("\e[200~a\r\nb\u0007\e[201~");
        Assert.Equal(new KeyPress(Key.Paste, "a\nb"), press);
    }

    [Fact]
    public void Utf8_is_read_as_one_character() => Assert.Equal(new KeyPress(Key.Text, "é"), Read("é"));

    [Fact]
    public void History_survives_and_is_bounded()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "sub", "history");
        LineHistory first = new(path);
        Assert.True(first.Add("if (1) {\n 'a\\n' }"));
        Assert.True(first.Add("two"));
        Assert.True(first.Add("two"));
        Assert.True(first.Add(" secret"));
        Assert.Equal(["if (1) {\n 'a\\n' }", "two"], new LineHistory(path).Entries);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        File.WriteAllLines(path, Enumerable.Range(0, 3000).Select(i => $"c{i}"));
        Assert.Equal("c2000", new LineHistory(path).Entries[0]);
        Assert.Equal(1000, File.ReadAllLines(path).Length);
    }

    private static KeyPress Read(string text)
    {
        Queue<byte> bytes = new(System.Text.Encoding.UTF8.GetBytes(text));
        KeyReader reader = new(_ => bytes.TryDequeue(out byte value) ? value : null);
        return reader.Read(bytes.Dequeue());
    }
}
