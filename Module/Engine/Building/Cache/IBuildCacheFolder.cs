namespace Containers.Engine.Building.Cache;

/// <summary>Directories that the build cache keeps beside the records of steps.</summary>
internal interface IBuildCacheFolder
{
    /// <summary>Of the entries.</summary>
    public string Kind { get; }

    /// <summary>What those who clear call them.</summary>
    public string ItemType { get; }

    public IEnumerable<BuildCacheEntry> List(CancellationToken cancel);

    /// <summary>Removes one; false where a step uses it, or it is gone.</summary>
    public bool Remove(string id);
}
