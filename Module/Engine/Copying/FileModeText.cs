namespace Containers.Engine.Copying;

/// <summary>Types and permissions as ls -l writes them.</summary>
internal static class FileModeText
{
    internal static string Format(ContainerFileType type, UnixFileMode mode)
    {
        Span<char> text = stackalloc char[10];
        text[0] = type switch
        {
            ContainerFileType.Directory => 'd',
            ContainerFileType.SymbolicLink => 'l',
            ContainerFileType.CharacterDevice or ContainerFileType.Whiteout => 'c',
            ContainerFileType.BlockDevice => 'b',
            ContainerFileType.Fifo => 'p',
            ContainerFileType.Socket => 's',
            _ => '-',
        };
        for (int bit = 0; bit < 9; bit++)
        {
            text[1 + bit] = ((int)mode & (0x100 >> bit)) != 0 ? "rwx"[bit % 3] : '-';
        }

        Special(text, 3, mode.HasFlag(UnixFileMode.SetUser), 's');
        Special(text, 6, mode.HasFlag(UnixFileMode.SetGroup), 's');
        Special(text, 9, mode.HasFlag(UnixFileMode.StickyBit), 't');
        return text.ToString();
    }

    private static void Special(Span<char> text, int at, bool set, char letter)
    {
        if (set)
        {
            text[at] = text[at] == 'x' ? letter : char.ToUpperInvariant(letter);
        }
    }
}
