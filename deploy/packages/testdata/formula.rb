# Reads a formula with a stand-in for Homebrew, and prints what it says and how
# it builds.
require "json"

class Formula
  FACTS = {}
  class << self
    %i[desc homepage url sha256 license head].each { |name| define_method(name) { |value, **| FACTS[name] = value } }
    def depends_on(*) end
    def test(*) end
    def version = FACTS[:url][/v([0-9.]+)\.tar/, 1]
  end
  Out = Struct.new(:path) { def /(other) = Out.new("#{path}/#{other}"); def write(_) = nil; def to_s = path }
  def version = self.class.version
  def time = Time.at(0).utc
  def bin = Out.new("/bin")
  def man1 = Out.new("/man1")
  def std_go_args(ldflags:) = ["-trimpath", "-ldflags=#{ldflags}"]
  def generate_completions_from_executable(*) end
  def system(*args) = (FACTS[:build] = args)
end

module Utils
  def self.safe_popen_read(*) = ""
end

load ARGV[0]
Okazaki.new.install
puts JSON.generate(Formula::FACTS)
