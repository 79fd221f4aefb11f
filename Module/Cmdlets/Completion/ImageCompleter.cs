using System.Collections;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>References of images, without :latest, which is what a name alone means; ids once three characters are typed.</summary>
public sealed class ImageCompleter : Completer
{
    private const string Latest = ":latest";

    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound)
    {
        IReadOnlyList<ContainerImage> images = EngineAccess.Current.Images.List();
        IEnumerable<Candidate> names = images
            .SelectMany(image => image.References.Select(reference => new Candidate(Hide(reference, word), Tip(image))))
            .OrderBy(candidate => candidate.Text, StringComparer.OrdinalIgnoreCase);
        return word.Length < 3 ? names : names.Concat(images.Select(image => new Candidate(image.ShortId, Tip(image))));
    }

    private static string Hide(string reference, string word) =>
        reference.EndsWith(Latest, StringComparison.Ordinal) && word.Length <= reference.Length - Latest.Length
            ? reference[..^Latest.Length]
            : reference;

    private static string Tip(ContainerImage image) => $"{image.ShortId}, {ByteSize.Format(image.Size)}";
}
