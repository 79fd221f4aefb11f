namespace Containers.Engine.Copying;

/// <summary>How files are copied.</summary>
public sealed record FileCopyOptions
{
    /// <summary>A source that is a symbolic link means the file that it points to.</summary>
    public bool FollowLink { get; init; }

    /// <summary>
    /// Keeps owners, setuid bits, extended attributes (user.*, file capabilities), devices and FIFOs, and gives directories that are there already
    /// the source's attributes. Without it files belong to whoever copies, in a container to root.
    /// </summary>
    public bool Archive { get; init; }

    /// <summary>Told how many bytes were copied.</summary>
    public IProgress<long>? Progress { get; init; }

    public Action<string>? Warning { get; init; }

    /// <summary>Told of a file that could not be copied; the rest is. Thrown where null.</summary>
    public Action<EngineException>? Problem { get; init; }
}
