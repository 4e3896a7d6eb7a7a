class Okazaki < Formula
  desc "Burst-parallel genomics: viruses, CRISPR guides, variants"
  homepage "https://example.org/team/okazaki"
  url "https://example.org/team/okazaki/archive/v0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "Apache-2.0"
  head "https://example.org/team/okazaki.git", branch: "main"

  depends_on "go" => :build

  def install
    ENV["CGO_ENABLED"] = "0"
    released = "v#{version} homebrew #{time.strftime("%Y-%m-%d")}"
    ldflags = "-s -w -X 'main.released=#{released}'"
    system "go", "build", "-buildvcs=false", "-tags", "lambda.norpc", *std_go_args(ldflags: ldflags), "./cmd/okazaki"
    generate_completions_from_executable(bin/"okazaki", "completion")
    (man1/"okazaki.1").write Utils.safe_popen_read(bin/"okazaki", "man")
  end

  test do
    assert_match "v#{version}", shell_output("#{bin}/okazaki --version")
    system bin/"okazaki", "demo", "-q", "-o", testpath/"demo"
    assert_equal 26, (testpath/"demo/mutations.tsv").readlines.size
  end
end
