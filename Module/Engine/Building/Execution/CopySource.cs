using Containers.Engine.Building.Syntax;

namespace Containers.Engine.Building.Execution;

/// <summary>A source of COPY or ADD, and the tree that it is in.</summary>
/// <param name="Word">A path or pattern in the tree.</param>
/// <param name="Tree">Not disposed with this: several sources may share it.</param>
/// <param name="Unpack">If it is an archive, what is in it is copied.</param>
/// <param name="Identity">What the tree is, where the same thing has other bytes each time it is fetched; null where its files say it.</param>
internal sealed record CopySource(Word Word, SourceTree Tree, bool Unpack, string? Identity = null);
