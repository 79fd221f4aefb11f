namespace Containers.Engine.Building.Syntax;

/// <summary>A document written inside the Dockerfile, below the instruction that names it.</summary>
/// <param name="Name">The word that ends it; of a COPY the file's name.</param>
/// <param name="Content">Every line with its line break, as it stands there: <see cref="StripTabs"/> is not applied.</param>
/// <param name="Expands">Variables in it are replaced; false where the name is quoted.</param>
/// <param name="StripTabs">Written with "&lt;&lt;-": leading tabs of each line are dropped.</param>
internal sealed record Heredoc(string Name, string Content, bool Expands, bool StripTabs, SourceRange Range)
{
    /// <summary>The content without the leading tabs that are not meant.</summary>
    internal string Text
    {
        get
        {
            if (!StripTabs)
            {
                return Content;
            }

            string[] lines = Content.Split('\n');
            return string.Join('\n', lines.Select(line => line.TrimStart('\t')));
        }
    }
}
