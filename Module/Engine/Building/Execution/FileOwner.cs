using System.Globalization;
using Containers.Engine.Launch;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Execution;

/// <summary>Whose the files are that a step makes: --chown of COPY and ADD, and the stage's user for WORKDIR.</summary>
internal static class FileOwner
{
    private const int MaximumAccountFile = 1 << 20;

    /// <summary>
    /// user[:group]: names by the stage's own files; a number without a group is the group's number, too, as docker's reference has it.
    /// </summary>
    /// <param name="root">The root of the stage; null where it has no layers.</param>
    internal static (uint Uid, uint Gid) Resolve(string user, RootedDirectory? root)
    {
        byte[] passwd = root?.ReadSmallFile("/etc/passwd", MaximumAccountFile, followLast: true) ?? [];
        byte[] group = root?.ReadSmallFile("/etc/group", MaximumAccountFile, followLast: true) ?? [];
        bool number = uint.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out uint id);
        UserIdentity identity = UserResolver.Resolve(number ? $"{user}:{user}" : user, [], passwd, group);
        return (number ? id : identity.Uid, identity.Groups[0]);
    }
}
