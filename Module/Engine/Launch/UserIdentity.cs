namespace Containers.Engine.Launch;

/// <summary>Who the first process is.</summary>
/// <param name="Uid">User id in the container.</param>
/// <param name="Gid">Primary group.</param>
/// <param name="Groups">All groups, the primary one first (CVE-2022-36109).</param>
/// <param name="Home">Home directory; "/" when there is no entry.</param>
internal sealed record UserIdentity(uint Uid, uint Gid, IReadOnlyList<uint> Groups, string Home);
