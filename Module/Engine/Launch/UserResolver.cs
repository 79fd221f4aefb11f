using System.Globalization;
using System.Text;

namespace Containers.Engine.Launch;

/// <summary>
/// Resolves <c>user[:group]</c> with the container's own /etc/passwd and /etc/group (passwd(5), group(5)), as docker does: names first,
/// then numbers; a number needs no entry. The files come from an image: they are bounded by the caller, and odd lines are passed over.
/// </summary>
internal static class UserResolver
{
    /// <param name="user">user[:group]; null or empty for root.</param>
    /// <param name="additionalGroups">Names or numbers.</param>
    /// <param name="passwd">/etc/passwd.</param>
    /// <param name="group">/etc/group.</param>
    /// <param name="place">Whose files they are: image or container, for messages.</param>
    /// <exception cref="EngineException">InvalidUser, UserNotFound, GroupNotFound.</exception>
    internal static UserIdentity Resolve(
        string? user, IReadOnlyList<string> additionalGroups, ReadOnlySpan<byte> passwd, ReadOnlySpan<byte> group, string place = "image")
    {
        string text = user ?? "";
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string userPart = colon < 0 ? text : text[..colon];
        string groupPart = colon < 0 ? "" : text[(colon + 1)..];
        if (text.AsSpan().ContainsAny("\0\n\r"))
        {
            throw new EngineException(EngineErrorKind.InvalidArgument, "InvalidUser", "The user contains a control character.", text);
        }

        if (colon >= 0 && groupPart.Length == 0)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidUser", $"The user \"{text}\" ends with a colon.", text, "Write user or user:group.");
        }

        List<string[]> users = Parse(passwd, 7);
        List<string[]> groups = Parse(group, 4);
        uint uid = 0;
        uint gid = 0;
        string home = "/";
        string name = "";
        string wanted = userPart.Length == 0 ? "0" : userPart;
        string[]? entry = users.Find(fields => fields[0] == wanted);
        if (entry is null && TryNumber(wanted, out uid))
        {
            uint number = uid;
            entry = users.Find(fields => TryNumber(fields[2], out uint id) && id == number);
        }
        else if (entry is null)
        {
            throw new EngineException(
                EngineErrorKind.ObjectNotFound, "UserNotFound", $"The {place} has no user \"{wanted}\".", wanted,
                $"Use a number, or a name in the {place}'s /etc/passwd.");
        }

        if (entry is not null)
        {
            if (!TryNumber(entry[2], out uid) || !TryNumber(entry[3], out gid))
            {
                throw new EngineException(
                    EngineErrorKind.InvalidData, "InvalidUser", $"The entry of user \"{wanted}\" in the {place}'s /etc/passwd has no valid ids.", wanted);
            }

            name = entry[0];
            home = entry[5].StartsWith('/') ? entry[5] : "/";
        }

        List<uint> all = [];
        if (groupPart.Length > 0)
        {
            gid = FindGroup(groupPart, groups, place);
        }

        all.Add(gid);
        if (groupPart.Length == 0 && name.Length > 0)
        {
            foreach (string[] fields in groups)
            {
                if (fields[3].Split(',').Contains(name) && TryNumber(fields[2], out uint id) && !all.Contains(id))
                {
                    all.Add(id);
                }
            }
        }

        foreach (string extra in additionalGroups)
        {
            uint id = FindGroup(extra, groups, place);
            if (!all.Contains(id))
            {
                all.Add(id);
            }
        }

        return new UserIdentity(uid, gid, all, home);
    }

    /// <summary>Names and ids, in the order of the file; entries without a valid id are left out.</summary>
    internal static IReadOnlyList<ContainerUser> List(ReadOnlySpan<byte> passwd)
    {
        List<ContainerUser> users = [];
        foreach (string[] fields in Parse(passwd, 7))
        {
            if (fields[0].Length > 0 && TryNumber(fields[2], out uint uid))
            {
                users.Add(new ContainerUser(fields[0], uid, fields[6]));
            }
        }

        return users;
    }

    private static uint FindGroup(string wanted, List<string[]> groups, string place)
    {
        string[]? entry = groups.Find(fields => fields[0] == wanted);
        if (entry is not null && TryNumber(entry[2], out uint gid))
        {
            return gid;
        }

        return TryNumber(wanted, out gid)
            ? gid
            : throw new EngineException(
                EngineErrorKind.ObjectNotFound, "GroupNotFound", $"The {place} has no group \"{wanted}\".", wanted,
                $"Use a number, or a name in the {place}'s /etc/group.");
    }

    /// <summary>Ids are 0 to 2^31-1, as docker has them: no sign, no hexadecimal, nothing that wraps around (S36).</summary>
    private static bool TryNumber(string text, out uint number)
    {
        bool valid = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= int.MaxValue;
        number = valid ? number : 0;
        return valid;
    }

    private static List<string[]> Parse(ReadOnlySpan<byte> file, int fields)
    {
        List<string[]> lines = [];
        foreach (Range range in file.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = file[range];
            if (line.IsEmpty || line[0] == '#')
            {
                continue;
            }

            string[] parts = Encoding.UTF8.GetString(line).TrimEnd('\r').Split(':');
            if (parts.Length >= fields)
            {
                lines.Add(parts);
            }
        }

        return lines;
    }
}
