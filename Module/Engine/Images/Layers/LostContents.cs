using System.Text;

namespace Containers.Engine.Images;

/// <summary>
/// Where the contents are that later entries of the same archive replaced. Only layers that have a lost folder need it: two
/// passes over the index say which content moved where.
/// </summary>
internal sealed class LostContents
{
    private readonly Dictionary<long, byte[]> _places = [];

    private LostContents()
    {
    }

    /// <summary>The path in the lost folder of the content with a number (the first of the archive has 0); null where it stayed.</summary>
    internal byte[]? Find(long content) => _places.GetValueOrDefault(content);

    /// <param name="open">Opens the index at its beginning.</param>
    /// <exception cref="InvalidDataException">The index is damaged.</exception>
    internal static LostContents Read(Func<TarIndexReader> open)
    {
        // Latin-1 keeps every byte of a name apart.
        Dictionary<string, List<(long Content, byte[] Below)>> there = [];
        using (TarIndexReader first = open())
        {
            byte kind;
            while ((kind = first.Next()) != TarIndexFormat.End)
            {
                if (kind == TarIndexFormat.Lost)
                {
                    there[Encoding.Latin1.GetString(first.Path)] = [];
                }
            }
        }

        LostContents lost = new();
        using TarIndexReader second = open();
        long content = 0;
        while (true)
        {
            switch (second.Next())
            {
                case TarIndexFormat.End:
                    return lost;
                case TarIndexFormat.Content or TarIndexFormat.Parts:
                    Note(there, second.Path, content++);
                    break;
                case TarIndexFormat.Lost:
                    lost.Move(there[Encoding.Latin1.GetString(second.Path)], second.Number);
                    break;
            }
        }
    }

    /// <summary>A content lies below every directory on its path.</summary>
    private static void Note(Dictionary<string, List<(long Content, byte[] Below)>> there, ReadOnlySpan<byte> path, long content)
    {
        for (int end = 0; end >= 0;)
        {
            int slash = path[end..].IndexOf((byte)'/');
            int stop = slash < 0 ? path.Length : end + slash;
            if (there.TryGetValue(Encoding.Latin1.GetString(path[..stop]), out List<(long Content, byte[] Below)>? list))
            {
                list.Add((content, path[stop..].ToArray()));
            }

            end = slash < 0 ? -1 : stop + 1;
        }
    }

    private void Move(List<(long Content, byte[] Below)> contents, long number)
    {
        foreach ((long content, byte[] below) in contents)
        {
            // What had gone before stays where it went.
            _places.TryAdd(content, [.. Encoding.ASCII.GetBytes(FormattableString.Invariant($"{number}")), .. below]);
        }

        contents.Clear();
    }
}
